package io.github.pgdispatch.samples.benchmark.contender;

import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.Schedule;

import org.springframework.core.env.Environment;

/**
 * Makes a schedule for each job. All of them have the same first due time.
 */
class ScheduleDispatcher implements Dispatcher {

	static final String DUE_AT = "benchmark.due-at";

	private final PgDispatchTemplate template;

	private final Jobs jobs;

	private final Schedule schedule;

	ScheduleDispatcher(PgDispatchTemplate template, Jobs jobs, Environment environment) {
		this.template = template;
		this.jobs = jobs;
		this.schedule = Schedule.every(Duration.ofHours(1))
			.startingAt(Instant.parse(environment.getRequiredProperty(DUE_AT)));
	}

	@Override
	public void dispatch(long number) {
		this.template.schedule("schedule " + number, this.schedule, this.jobs.describe(number));
	}

}
