package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.JobFilter;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobKind;
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
			default -> throw Topic.unknown(action, "cancel or run-now");
		};
	}

	private Change cancel(Parameters parameters) {
		if (Selections.isOfIds(parameters, CONDITIONS)) {
			return Change.ofIds("job that waits or runs", parameters.ids(),
					(id) -> find(id).filter((job) -> !job.state().hasEnded()).isPresent(),
					(id) -> this.template.cancel(id) != Cancellation.NOT_FOUND);
		}
		JobFilter filter = filter(parameters, MAX_CHANGED);
		Assert.isTrue(filter.state() != JobState.RUNNING,
				"The parameter state must not be running. Jobs that run are cancelled by their ids");
		return new Change(() -> this.operations.count(filter), () -> this.operations.cancel(filter));
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
		String handler = parameters.text("handler");
		String label = parameters.text("label");
		JobKind kind = parameters.constant("kind", JobKind.class);
		Assert.isTrue(handler == null || label == null, "Give only one of the parameters handler and label");
		if (handler != null || label != null) {
			Assert.isTrue(kind == null, "Leave the parameter kind out: a handler or a label is of one kind");
			kind = (handler != null) ? JobKind.HANDLER : JobKind.SQL;
		}
		Integer limit = parameters.number("limit");
		return new JobFilter(kind, (handler != null) ? handler : label, parameters.text("queue"),
				parameters.constant("state", JobState.class), null, Objects.requireNonNullElse(limit, defaultLimit));
	}

}
