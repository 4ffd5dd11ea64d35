package io.github.pgdispatch.samples.benchmark.contender;

import io.github.pgdispatch.AfterCommitDispatch;

/**
 * A job that inserts a row, in the database.
 */
class Commands implements Jobs {

	@Override
	@AfterCommitDispatch("INSERT INTO effect (number) VALUES (:number)")
	public void run(long number) {
	}

}
