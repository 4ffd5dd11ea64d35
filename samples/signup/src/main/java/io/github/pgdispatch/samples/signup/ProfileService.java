package io.github.pgdispatch.samples.signup;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class ProfileService {

	private final JdbcClient jdbc;

	private final SignUpSideEffects sideEffects;

	ProfileService(JdbcClient jdbc, SignUpSideEffects sideEffects) {
		this.jdbc = jdbc;
		this.sideEffects = sideEffects;
	}

	@Transactional
	Profile signUp(NewProfile newProfile) {
		Profile profile = this.jdbc
			.sql("INSERT INTO signup.profile (name, email) VALUES (:name, :email) RETURNING id, name")
			.paramSource(newProfile)
			.query(Profile.class)
			.single();
		this.sideEffects.notifyFollowers(profile.id());
		this.sideEffects.welcome(profile.id());
		this.sideEffects.remind(profile.id());
		return profile;
	}

}
