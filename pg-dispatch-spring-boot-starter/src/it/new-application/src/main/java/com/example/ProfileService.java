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

	boolean isWelcomed(String name) {
		return this.jdbc.sql("SELECT EXISTS (SELECT FROM welcome WHERE name = :name) AND EXISTS (SELECT FROM greeting)")
			.param("name", name)
			.query(Boolean.class)
			.single();
	}

}
