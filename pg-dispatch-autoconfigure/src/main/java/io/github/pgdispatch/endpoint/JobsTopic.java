package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.JobFilter;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobPage;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.ListedJob;
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
		return Topic.answer("job", find(Parameters.id(id)).map(values::of)
			.orElseThrow(() -> new NoSuchElementException("There is no job " + id + ". It may just have ended")));
	}

	private Optional<JobInfo> find(long id) {
		return this.template.find(id);
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
			return Change.ofIds("job that waits or runs", parameters.ids(),
					(id) -> find(id).filter((job) -> !job.state().hasEnded()).isPresent(),
					(id) -> this.template.cancel(id) != Cancellation.NOT_FOUND);
		}
		JobFilter filter = notRunning(parameters);
		return new Change(() -> count(filter), () -> this.operations.cancel(filter));
	}

	private Change move(Parameters parameters) {
		String queue = parameters.required("to");
		Assert.isTrue(!Selections.isOfIds(parameters, CONDITIONS, "to"),
				"The parameter ids does not apply to a move. Use the conditions of a filter");
		QueuesTopic.requireQueue(this.operations, queue);
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
			return Change.ofIds("snoozed job", parameters.ids(),
					(id) -> find(id).filter((job) -> job.state() == JobState.SNOOZED).isPresent(),
					this.operations::runNow);
		}
		JobFilter filter = filter(parameters, MAX_CHANGED);
		Assert.isTrue(filter.state() == null || filter.state() == JobState.SNOOZED,
				"The parameter state must be snoozed. Other jobs are due, or are held");
		JobFilter snoozed = filter.state(JobState.SNOOZED);
		return new Change(() -> this.operations.count(snoozed),
				() -> this.operations.jobs(snoozed)
					.jobs()
					.stream()
					.map(ListedJob::id)
					.filter(this.operations::runNow)
					.count());
	}

	private static JobFilter filter(Parameters parameters, int defaultLimit) {
		KindAndName jobs = KindAndName.of(parameters);
		Integer limit = parameters.number("limit");
		return new JobFilter(jobs.kind(), jobs.name(), parameters.text("queue"),
				parameters.constant("state", JobState.class), null, null,
				Objects.requireNonNullElse(limit, defaultLimit));
	}

}
