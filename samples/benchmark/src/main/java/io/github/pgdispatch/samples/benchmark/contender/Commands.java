package io.github.pgdispatch.samples.benchmark.contender;

import java.util.Map;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;

/**
 * A job that inserts a row, in the database.
 */
class Commands implements Jobs {

	static final String INSERT = "INSERT INTO effect (number) VALUES (:number)";

	@Override
	@AfterCommitDispatch(INSERT)
	public void run(long number) {
	}

	@Override
	public Dispatch describe(long number) {
		return Dispatch.sql(INSERT, Map.of("number", number));
	}

}
