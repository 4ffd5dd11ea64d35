package io.github.pgdispatch.life;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchResult;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/**
 * The handlers of an application.
 */
class LifeHandlers {

	/**
	 * In milliseconds: the driver of the database does not notice that its thread is
	 * interrupted, for a time limit that is shorter.
	 */
	private static final int STATEMENT_TIMEOUT = 400;

	private final JdbcClient jdbc;

	LifeHandlers(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@AfterCommitDispatch(name = "mail")
	@Transactional
	DispatchResult<Integer> mail(String command, int tag) {
		return run(command);
	}

	@AfterCommitDispatch(name = "audit", breakAfter = 2, breakFor = "100ms")
	@Transactional
	DispatchResult<Integer> audit(String command, int tag) {
		return run(command);
	}

	private DispatchResult<Integer> run(String command) {
		this.jdbc.sql("SET LOCAL statement_timeout = " + STATEMENT_TIMEOUT).update();
		return DispatchResult.of(this.jdbc.sql(command).query(Integer.class).single());
	}

}
