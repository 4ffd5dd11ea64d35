package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

@Component
class TransactionalSideEffects {

	private final JdbcClient jdbc;

	TransactionalSideEffects(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@AfterCommitDispatch
	@Transactional
	void recordSignUp(long profileId) {
		this.jdbc.sql("INSERT INTO signup.notification (recipient_id, newcomer_id) VALUES (?, ?)")
			.params(profileId, profileId)
			.update();
	}

}
