package io.github.pgdispatch.samples.signup;

import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

@Repository
class SideEffectRepository {

	private final JdbcClient jdbc;

	SideEffectRepository(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	List<SideEffect> findByProfile(long profileId) {
		return this.jdbc.sql("SELECT * FROM signup.timed_side_effect WHERE profile_id = ? ORDER BY finished_at")
			.param(profileId)
			.query(SideEffect.class)
			.list();
	}

	List<SideEffect> findRecent() {
		return this.jdbc.sql("""
				SELECT * FROM signup.timed_side_effect
				WHERE finished_at > clock_timestamp() - interval '10 seconds' ORDER BY finished_at""")
			.query(SideEffect.class)
			.list();
	}

}
