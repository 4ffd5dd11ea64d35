package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;

import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.JobFilter;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobPage;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.util.Assert;

/**
 * The jobs that wait or run.
 */
final class JobsTopic implements Topic {

	private static final Set<String> CONDITIONS = Set.of("kind", "handler", "label", "queue", "state");

	private static final int MAX_CHANGED = 10_000;

	private final PgDispatchOperations operations;

	private final PgDispatchTemplate template;

	JobsTopic(PgDispatchOperations operations, PgDispatchTemplate template) {
		this.operations = operations;
		this.template = template;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Selections.with(CONDITIONS, "after", "limit"));
		String after = parameters.text("after");
		JobFilter filter = filter(parameters, JobFilter.all().limit());
		JobPage page = this.operations.jobs((after != null) ? filter.after(after) : filter);
		return Topic.answer("jobs", page.jobs().stream().map(values::of).toList(), "next", page.next());
	}

	@Override
	public Map<String, Object> get(String id, Values values) {
		long jobId = Parameters.id(id);
		JobInfo job = this.template.find(jobId)
			.orElseThrow(() -> new NoSuchElementException("There is no job " + id + ". It may just have ended"));
		return Topic.answer("job", values.of(job), "attempts",
				this.operations.attempts(jobId).stream().map(values::of).toList(), "steps",
				this.operations.steps(jobId).stream().map(values::of).toList());
	}

	@Override
	public Change change(String action, Parameters parameters) {
		return switch (action) {
			case "cancel" -> cancel(parameters);
			case "run-now" -> runNow(parameters);
			case "move" -> move(parameters);
			default -> throw Topic.unknown(action, "cancel, run-now or move");
		};
	}

	private Change cancel(Parameters parameters) {
		if (Selections.isOfIds(parameters, CONDITIONS)) {
			JobFilter ids = ids(parameters);
			return new Change(() -> Change.required(this.operations.count(ids), "job that waits or runs"),
					() -> Change.required(cancel(ids), "job that waits or runs"));
		}
		JobFilter filter = notRunning(parameters);
		return new Change(() -> count(filter), () -> this.operations.cancel(filter));
	}

	/**
	 * Cancels jobs, and interrupts those that run.
	 */
	private long cancel(JobFilter ids) {
		long cancelled = this.operations.cancel(ids);
		return cancelled + this.operations.jobs(ids.state(JobState.RUNNING))
			.jobs()
			.stream()
			.filter((job) -> this.template.cancel(job.id()) != Cancellation.NOT_FOUND)
			.count();
	}

	private static JobFilter ids(Parameters parameters) {
		return JobFilter.all().limit(Parameters.MAX_IDS).ids(parameters.ids());
	}

	private Change move(Parameters parameters) {
		String queue = parameters.required("to");
		QueuesTopic.requireQueue(this.operations, queue);
		if (Selections.isOfIds(parameters, CONDITIONS, "to")) {
			JobFilter ids = ids(parameters);
			return new Change(() -> Change.required(count(ids), "job that waits"),
					() -> Change.required(this.operations.move(ids, queue), "job that waits in another queue"));
		}
		JobFilter filter = notRunning(parameters);
		return new Change(() -> count(filter), () -> this.operations.move(filter, queue));
	}

	private static JobFilter notRunning(Parameters parameters) {
		JobFilter filter = filter(parameters, MAX_CHANGED);
		Assert.isTrue(filter.state() != JobState.RUNNING,
				"The parameter state must not be running. Jobs that run are left, and are cancelled by their ids");
		return filter;
	}

	/**
	 * Counts jobs that do not run. Those that run are the first ones of a list.
	 */
	private long count(JobFilter filter) {
		long all = this.operations.count(filter);
		return (filter.state() != null) ? all : all - this.operations.count(filter.state(JobState.RUNNING));
	}

	private Change runNow(Parameters parameters) {
		if (Selections.isOfIds(parameters, CONDITIONS)) {
			JobFilter ids = ids(parameters).state(JobState.SNOOZED);
			return new Change(() -> Change.required(this.operations.count(ids), "snoozed job"),
					() -> Change.required(this.operations.runNow(ids), "snoozed job"));
		}
		JobFilter filter = filter(parameters, MAX_CHANGED);
		Assert.isTrue(filter.state() == null || filter.state() == JobState.SNOOZED,
				"The parameter state must be snoozed. Other jobs are due, or are held");
		JobFilter snoozed = filter.state(JobState.SNOOZED);
		return new Change(() -> this.operations.count(snoozed), () -> this.operations.runNow(snoozed));
	}

	private static JobFilter filter(Parameters parameters, int defaultLimit) {
		KindAndName jobs = KindAndName.of(parameters);
		Integer limit = parameters.number("limit");
		return new JobFilter(jobs.kind(), jobs.name(), parameters.text("queue"),
				parameters.constant("state", JobState.class), null, null,
				Objects.requireNonNullElse(limit, defaultLimit));
	}

}
