package com.example;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

@Component
class SignUpSideEffects {

	private final JdbcClient jdbc;

	SignUpSideEffects(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@AfterCommitDispatch("INSERT INTO welcome SELECT name FROM profile WHERE id = :profileId")
	void welcome(long profileId) {
	}

	@AfterCommitDispatch
	@Transactional
	void greet(Greeting greeting) {
		this.jdbc.sql("INSERT INTO greeting VALUES (?)").param(greeting.word() + ", " + greeting.name()).update();
	}

	record Greeting(String word, String name) {

	}

}
