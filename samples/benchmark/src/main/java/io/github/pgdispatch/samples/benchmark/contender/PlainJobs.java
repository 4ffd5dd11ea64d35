package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import io.github.pgdispatch.AfterCommitDispatch;

/**
 * A job without a transaction.
 */
class PlainJobs implements Jobs {

	private final LongConsumer body;

	PlainJobs(LongConsumer body) {
		this.body = body;
	}

	@Override
	@AfterCommitDispatch(name = "job")
	public void run(long number) {
		this.body.accept(number);
	}

}
