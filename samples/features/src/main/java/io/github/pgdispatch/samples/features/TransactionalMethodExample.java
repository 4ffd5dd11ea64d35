package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * A method whose effects happen exactly once: with {@code @Transactional}, they and the
 * removal of the job are one commit.
 */
@Component
class TransactionalMethodExample {

	private final JdbcClient jdbc;

	TransactionalMethodExample(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@AfterCommitDispatch
	@Transactional
	void note(String recipient, int number) {
		this.jdbc.sql("INSERT INTO mail (recipient, text) VALUES (?, ?)").params(recipient, "No. " + number).update();
		this.jdbc.sql("INSERT INTO profile (name) VALUES (?)").param(recipient).update();
	}

}
