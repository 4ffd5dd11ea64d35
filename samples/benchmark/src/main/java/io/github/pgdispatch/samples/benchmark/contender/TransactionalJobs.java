package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.transaction.annotation.Transactional;

/**
 * A job with a transaction.
 */
class TransactionalJobs implements Jobs {

	private final LongConsumer body;

	TransactionalJobs(LongConsumer body) {
		this.body = body;
	}

	@Override
	@AfterCommitDispatch(name = "job")
	@Transactional
	public void run(long number) {
		this.body.accept(number);
	}

}
