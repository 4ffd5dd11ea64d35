package io.github.pgdispatch.samples.benchmark.contender;

import java.util.stream.IntStream;

import io.github.pgdispatch.PgDispatchTemplate;

/**
 * Writes many jobs as a batch, which one more job with the number -1 follows.
 */
class BatchDispatcher implements Dispatcher {

	private final PgDispatchTemplate template;

	private final Jobs jobs;

	BatchDispatcher(PgDispatchTemplate template, Jobs jobs) {
		this.template = template;
		this.jobs = jobs;
	}

	@Override
	public void dispatch(long number) {
		this.jobs.run(number);
	}

	@Override
	public void dispatchAll(int number) {
		this.template.batch("all")
			.addAll(IntStream.range(0, number).mapToObj(this.jobs::describe).toList())
			.then(this.jobs.describe(-1))
			.dispatch();
	}

}
