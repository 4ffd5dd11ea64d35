package io.github.pgdispatch;

import java.util.Collection;
import java.util.List;

import io.github.pgdispatch.gateway.JobSelection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Selects jobs that wait or run. A job is selected if it meets all conditions that are
 * not {@code null}.
 *
 * <pre class="code">
 * JobFilter.all().name("signUpSideEffects.welcome").state(JobState.WAITING).limit(20)
 * </pre>
 *
 * @param kind whether the job runs SQL or calls a handler
 * @param name the name of the handler, or the label of SQL
 * @param queue the name of the queue
 * @param state the state, which is one of a job that has not ended
 * @param ids the ids of the jobs; immutable
 * @param after the {@link JobPage#next()} of the page before
 * @param limit the maximum number of jobs of a page, from 1 to 10,000
 */
public record JobFilter(@Nullable JobKind kind, @Nullable String name, @Nullable String queue, @Nullable JobState state,
		@Nullable List<Long> ids, @Nullable String after, int limit) {

	private static final int MAX_LIMIT = 10_000;

	private static final PagePosition FIRST = new PagePosition("-infinity", 0);

	private static final JobFilter ALL = new JobFilter(null, null, null, null, null, null, 100);

	public JobFilter {
		Assert.isTrue(state == null || !state.hasEnded(),
				() -> "Jobs that have ended are not listed, so that none is " + state);
		ids = (ids != null) ? List.copyOf(ids) : null;
		check(name, queue, after, limit);
	}

	static void check(@Nullable String name, @Nullable String queue, @Nullable String after, int limit) {
		Assert.isTrue(name == null || !name.isBlank(), "The name must not be blank");
		Assert.isTrue(queue == null || !queue.isBlank(), "The queue must not be blank");
		if (after != null) {
			PagePosition.of(after);
		}
		Assert.isTrue(limit > 0 && limit <= MAX_LIMIT, () -> "The limit must be from 1 to 10,000, but is " + limit);
	}

	/**
	 * Returns a filter that selects all jobs, with pages of 100 jobs.
	 * @return a filter without conditions
	 */
	public static JobFilter all() {
		return ALL;
	}

	/**
	 * Selects the jobs that run SQL, or those that call handlers.
	 * @param kind the kind of job
	 * @return a new filter with this condition
	 */
	public JobFilter kind(JobKind kind) {
		return new JobFilter(kind, this.name, this.queue, this.state, this.ids, this.after, this.limit);
	}

	/**
	 * Selects the jobs of a handler or with a label.
	 * @param name the name of the handler, or the label
	 * @return a new filter with this condition
	 */
	public JobFilter name(String name) {
		return new JobFilter(this.kind, name, this.queue, this.state, this.ids, this.after, this.limit);
	}

	/**
	 * Selects the jobs of a queue.
	 * @param queue the name of the queue
	 * @return a new filter with this condition
	 */
	public JobFilter queue(String queue) {
		return new JobFilter(this.kind, this.name, queue, this.state, this.ids, this.after, this.limit);
	}

	/**
	 * Selects the jobs in a state.
	 * @param state the state, which is one of a job that has not ended
	 * @return a new filter with this condition
	 */
	public JobFilter state(JobState state) {
		return new JobFilter(this.kind, this.name, this.queue, state, this.ids, this.after, this.limit);
	}

	/**
	 * Selects jobs by their ids. As SQL jobs have no index by their ids, all of them are
	 * read, once.
	 * @param ids the ids of the jobs
	 * @return a new filter with this condition
	 */
	public JobFilter ids(Collection<Long> ids) {
		return new JobFilter(this.kind, this.name, this.queue, this.state, List.copyOf(ids), this.after, this.limit);
	}

	/**
	 * Goes on after a page.
	 * @param next the {@link JobPage#next()} of that page
	 * @return a new filter for the next page
	 */
	public JobFilter after(String next) {
		return new JobFilter(this.kind, this.name, this.queue, this.state, this.ids, next, this.limit);
	}

	/**
	 * Limits the number of jobs of a page.
	 * @param limit the maximum number, from 1 to 10,000
	 * @return a new filter with this limit
	 */
	public JobFilter limit(int limit) {
		return new JobFilter(this.kind, this.name, this.queue, this.state, this.ids, this.after, limit);
	}

	JobSelection selection() {
		PagePosition position = (this.after != null) ? PagePosition.of(this.after) : FIRST;
		return new JobSelection((this.kind != null) ? this.kind.sqlName() : null, this.name, this.queue,
				(this.state != null) ? this.state.sqlName() : null, this.ids, position.at(), position.id(), this.limit);
	}

}
