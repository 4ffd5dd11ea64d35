package io.github.pgdispatch;

import io.github.pgdispatch.gateway.HistorySelection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Selects jobs of the history. A job is selected if it meets all conditions that are not
 * {@code null}.
 *
 * <pre class="code">
 * HistoryFilter.all().name("signUpSideEffects.welcome").outcome(JobState.DONE).limit(20)
 * </pre>
 *
 * @param kind whether the job ran SQL or called a handler
 * @param name the name of the handler, or the label of SQL
 * @param queue the name of the queue
 * @param outcome the state in which the job ended
 * @param after the {@link HistoryPage#next()} of the page before
 * @param limit the maximum number of jobs of a page, from 1 to 10,000
 */
public record HistoryFilter(@Nullable JobKind kind, @Nullable String name, @Nullable String queue,
		@Nullable JobState outcome, @Nullable String after, int limit) {

	private static final PagePosition LATEST = new PagePosition("infinity", Long.MAX_VALUE);

	private static final HistoryFilter ALL = new HistoryFilter(null, null, null, null, null, 100);

	public HistoryFilter {
		Assert.isTrue(outcome == null || outcome.hasEnded(), () -> "No job has ended that is " + outcome);
		JobFilter.check(name, queue, after, limit);
	}

	/**
	 * Returns a filter that selects all jobs, with pages of 100 jobs.
	 * @return a filter without conditions
	 */
	public static HistoryFilter all() {
		return ALL;
	}

	/**
	 * Selects the jobs that ran SQL, or those that called handlers.
	 * @param kind the kind of job
	 * @return a new filter with this condition
	 */
	public HistoryFilter kind(JobKind kind) {
		return new HistoryFilter(kind, this.name, this.queue, this.outcome, this.after, this.limit);
	}

	/**
	 * Selects the jobs of a handler or with a label.
	 * @param name the name of the handler, or the label
	 * @return a new filter with this condition
	 */
	public HistoryFilter name(String name) {
		return new HistoryFilter(this.kind, name, this.queue, this.outcome, this.after, this.limit);
	}

	/**
	 * Selects the jobs of a queue.
	 * @param queue the name of the queue
	 * @return a new filter with this condition
	 */
	public HistoryFilter queue(String queue) {
		return new HistoryFilter(this.kind, this.name, queue, this.outcome, this.after, this.limit);
	}

	/**
	 * Selects the jobs that ended in a state.
	 * @param outcome {@link JobState#DONE}, {@link JobState#FAILED} or
	 * {@link JobState#CANCELLED}
	 * @return a new filter with this condition
	 */
	public HistoryFilter outcome(JobState outcome) {
		return new HistoryFilter(this.kind, this.name, this.queue, outcome, this.after, this.limit);
	}

	/**
	 * Goes on after a page.
	 * @param next the {@link HistoryPage#next()} of that page
	 * @return a new filter for the next page
	 */
	public HistoryFilter after(String next) {
		return new HistoryFilter(this.kind, this.name, this.queue, this.outcome, next, this.limit);
	}

	/**
	 * Limits the number of jobs of a page.
	 * @param limit the maximum number, from 1 to 10,000
	 * @return a new filter with this limit
	 */
	public HistoryFilter limit(int limit) {
		return new HistoryFilter(this.kind, this.name, this.queue, this.outcome, this.after, limit);
	}

	HistorySelection selection() {
		PagePosition position = (this.after != null) ? PagePosition.of(this.after) : LATEST;
		return new HistorySelection((this.kind != null) ? this.kind.sqlName() : null, this.name, this.queue,
				(this.outcome != null) ? this.outcome.sqlName() : null, position.at(), position.id(), this.limit);
	}

}
