package com.example;

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
	void signUp(String name) {
		long id = this.jdbc.sql("INSERT INTO profile (name) VALUES (:name) RETURNING id")
			.param("name", name)
			.query(Long.class)
			.single();
		this.sideEffects.welcome(id);
		this.sideEffects.greet(new SignUpSideEffects.Greeting("Hello", name));
	}

}
