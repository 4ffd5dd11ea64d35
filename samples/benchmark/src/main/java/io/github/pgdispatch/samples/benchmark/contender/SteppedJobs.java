package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.PgDispatchTemplate;

/**
 * A job with three transactional steps.
 */
class SteppedJobs implements Jobs {

	private final LongConsumer body;

	private final PgDispatchTemplate template;

	SteppedJobs(LongConsumer body, PgDispatchTemplate template) {
		this.body = body;
		this.template = template;
	}

	@Override
	public void run(long number) {
		this.template.fire(describe(number));
	}

	@AfterCommitDispatch(name = "job")
	public void process(long number, DispatchContext context) {
		for (String step : List.of("charge", "reserve", "confirm")) {
			context.transactionalStep(step, () -> this.body.accept(number));
		}
	}

}
