package io.github.pgdispatch;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Operations for administrators, who handle dead letters, pause jobs and set queues. The
 * operations apply to the jobs of the role with which the application logs in, no matter
 * which node or SQL has dispatched them.
 *
 * <p>
 * <strong>Transactions</strong>: an operation that changes something joins the current
 * transaction, and takes effect with its commit. Without a transaction, it commits by
 * itself. It fails in a read-only transaction, in a transaction of another
 * {@code DataSource}, and in a transaction that has already been committed or rolled
 * back.
 *
 * <p>
 * Thread-safe. The methods throw {@link IllegalArgumentException} for an illegal
 * argument, {@link org.springframework.transaction.IllegalTransactionStateException} if
 * the current transaction cannot be joined, and
 * {@link org.springframework.dao.DataAccessException} if the database refuses the
 * operation.
 *
 * @see PgDispatchTemplate#find(long)
 * @see PgDispatchTemplate#cancel(long)
 */
public interface PgDispatchOperations {

	/**
	 * Creates the operations.
	 * @param dataSource the database that has the schema
	 * @param transactionManager the manager of the transactions to join, which has to
	 * manage connections of that {@code DataSource}
	 * @return new thread-safe operations
	 */
	static PgDispatchOperations create(DataSource dataSource, PlatformTransactionManager transactionManager) {
		return new DefaultPgDispatchOperations(dataSource, transactionManager);
	}

	/**
	 * Lists batches with their progress, page by page, the newest first.
	 * @param unended whether batches that have ended are left out
	 * @param after the {@link BatchPage#next()} of the page before; {@code null} for the
	 * first page
	 * @param limit the maximum number of batches of a page, from 1 to 10,000
	 * @return the page
	 */
	BatchPage batches(boolean unended, @Nullable Long after, int limit);

	/**
	 * Finds a batch with its progress.
	 * @param id the id of the batch
	 * @return the batch, or an empty result if there is no such batch
	 */
	Optional<BatchInfo> batch(long id);

	/**
	 * Cancels a batch, see {@link PgDispatchTemplate#cancelBatch(long)}.
	 * @param id the id of the batch
	 * @return the number of jobs that were cancelled
	 */
	long cancelBatch(long id);

	/**
	 * Counts what waits, runs and has failed. The cost does not grow with the number of
	 * jobs: some milliseconds, and some tenths of a second where thousands of jobs of
	 * many handlers wait. It needs no transaction, and works in a read-only one and on a
	 * standby.
	 * @return the numbers
	 */
	PgDispatchStatus status();

	/**
	 * Lists jobs that wait or run, page by page. For a page without conditions, the
	 * database reads up to {@link JobFilter#limit()} jobs of each handler. A page with
	 * conditions that few jobs meet reads all jobs.
	 * @param filter selects the jobs, and the page
	 * @return the page
	 */
	JobPage jobs(JobFilter filter);

	/**
	 * Counts jobs that wait or run, up to the limit of the filter. The cost is that of
	 * the page.
	 * @param filter selects the jobs
	 * @return their number, which is at most {@link JobFilter#limit()}
	 */
	long count(JobFilter filter);

	/**
	 * Cancels jobs that wait, are snoozed or are held, up to the limit of the filter and
	 * from the first one on. Jobs that run are left, and are cancelled one by one with
	 * {@link PgDispatchTemplate#cancel(long)}; a method that begins meanwhile is
	 * interrupted.
	 * @param filter selects the jobs, in any state but running
	 * @return the number of cancelled jobs
	 */
	long cancel(JobFilter filter);

	/**
	 * Moves jobs that wait, are snoozed or are held to another queue, up to the limit of
	 * the filter and from the first one on. Jobs that run, or are about to run, are left.
	 * @param filter selects the jobs, in any state but running
	 * @param queue the name of a queue, which has to exist; {@code null} to take the jobs
	 * out of their queues
	 * @return the number of jobs that were moved
	 */
	long move(JobFilter filter, @Nullable String queue);

	/**
	 * Makes a job due that is snoozed or waits for its next attempt. It runs as soon as
	 * its ordering key, its queue and pauses let it.
	 * @param id the id of the job
	 * @return whether the job is due because of this; {@code false} if there is no job
	 * with this id, it was due before, or its ordering key or its queue holds it
	 */
	boolean runNow(long id);

	/**
	 * Makes jobs due that are snoozed or wait for their next attempt, up to the limit of
	 * the filter and from the first one on.
	 * @param filter selects the jobs, in the state {@link JobState#SNOOZED} or in any
	 * @return the number of jobs that are due because of this
	 */
	long runNow(JobFilter filter);

	/**
	 * Has the jobs that end kept in the history, from now on and on all nodes, in
	 * addition to those of queues with a retention of their own. It costs each job a row
	 * in the transaction that ends it, and a row for each failed attempt before.
	 * {@code pgdispatch.history.retention} is set again whenever a node starts.
	 * @param retention the time for which a job is kept at least, up to ten years; zero
	 * to keep none
	 */
	void keepHistory(Duration retention);

	/**
	 * Has the jobs of a queue kept in the history, as {@link #keepHistory(Duration)} does
	 * for all jobs.
	 * @param queue the name of the queue
	 * @param retention the time for which a job is kept at least, up to ten years; zero
	 * to keep none, whatever applies to other jobs
	 */
	void keepHistory(String queue, Duration retention);

	/**
	 * Lists the jobs that have ended, page by page, as far as they are kept. For a page
	 * without conditions, the database reads only the rows of the page. A page with
	 * conditions that few jobs meet reads the whole history.
	 * @param filter selects the jobs, and the page
	 * @return the page, which has no jobs if no history is kept
	 */
	HistoryPage history(HistoryFilter filter);

	/**
	 * Lists the attempts of a job that have ended, as far as the history is kept, whether
	 * or not the job itself has ended. An attempt whose session or node was lost, or that
	 * was interrupted because the job was cancelled, is not listed. It costs one look at
	 * an index for each day of the history.
	 * @param id the id of the job
	 * @return the attempts, the first one first; immutable
	 */
	List<JobAttempt> attempts(long id);

	/**
	 * Lists the steps that the method of a job has finished, sleeps included. A job that
	 * has ended has none, but a dead letter has.
	 * @param id the id of the job
	 * @return the steps, the first one first; immutable
	 */
	List<JobStep> steps(long id);

	/**
	 * Finds a dead letter.
	 * @param id the id of the job
	 * @return the dead letter, or an empty result if there is none with this id
	 */
	Optional<DeadLetter> deadLetter(long id);

	/**
	 * Finds dead letters.
	 * @param filter selects the dead letters
	 * @return the selected dead letters, in the order in which they failed
	 */
	List<DeadLetter> deadLetters(DeadLetterFilter filter);

	/**
	 * Lists dead letters page by page, the latest first. For a page without conditions,
	 * the database reads only the dead letters of the page. A page with conditions that
	 * few meet reads all of them.
	 * @param filter selects the dead letters. Its limit is that of a page, which is 100
	 * if it has none
	 * @param after the {@link DeadLetterPage#next()} of the page before; {@code null} for
	 * the first page
	 * @return the page
	 */
	DeadLetterPage latestDeadLetters(DeadLetterFilter filter, @Nullable String after);

	/**
	 * Groups dead letters by their handler or label and by their error. The cost is that
	 * of listing as many dead letters as the limit allows.
	 * @param filter selects the dead letters. Up to its limit, or to 2,000 if it has
	 * none, the latest are counted
	 * @return the groups, of which the largest is the first; immutable
	 */
	List<DeadLetterGroup> deadLetterGroups(DeadLetterFilter filter);

	/**
	 * Counts dead letters, for example those that a retry would dispatch again.
	 * @param filter selects the dead letters
	 * @return their number
	 */
	long count(DeadLetterFilter filter);

	/**
	 * Dispatches a dead letter again. The job keeps its id and its options, and its
	 * attempts are counted from the beginning. A dead letter whose idempotency key
	 * another job has stays as it is.
	 * @param id the id of the job
	 * @return whether it was dispatched; {@code false} if there is no dead letter with
	 * this id or another job has its idempotency key
	 */
	boolean retry(long id);

	/**
	 * Dispatches dead letters again, in the order in which they failed. Dead letters
	 * whose idempotency keys other jobs have stay as they are.
	 * @param filter selects the dead letters
	 * @return the number of dead letters that were dispatched again
	 */
	long retry(DeadLetterFilter filter);

	/**
	 * Deletes a dead letter. Later jobs of the same ordering key that it held are run.
	 * @param id the id of the job
	 * @return whether there was a dead letter with this id
	 */
	boolean delete(long id);

	/**
	 * Deletes dead letters. Later jobs of the same ordering keys that they held are run.
	 * @param filter selects the dead letters
	 * @return the number of deleted dead letters
	 */
	long delete(DeadLetterFilter filter);

	/**
	 * Pauses all jobs. No job begins until {@link #resume()} is called. Running jobs go
	 * on, and dispatched jobs wait.
	 */
	void pause();

	/**
	 * Ends the pause of all jobs. Handlers and queues that were paused stay paused.
	 */
	void resume();

	/**
	 * Returns whether all jobs are paused. One look at an index.
	 * @return whether {@link #pause()} was called and {@link #resume()} was not
	 */
	boolean isPaused();

	/**
	 * Pauses the jobs of a handler. Running jobs go on.
	 * @param handler the name of the handler, such as {@code signUpSideEffects.welcome}
	 */
	void pauseHandler(String handler);

	/**
	 * Ends the pause of a handler.
	 * @param handler the name of the handler
	 */
	void resumeHandler(String handler);

	/**
	 * Returns whether a handler is paused by itself. One look at an index.
	 * @param handler the name of the handler
	 * @return whether it is paused; {@code false} if only everything is paused
	 */
	boolean isHandlerPaused(String handler);

	/**
	 * Pauses the jobs of a queue. Running jobs go on.
	 * @param queue the name of a queue, which has to exist
	 */
	void pauseQueue(String queue);

	/**
	 * Ends the pause of a queue.
	 * @param queue the name of the queue
	 */
	void resumeQueue(String queue);

	/**
	 * Returns whether a queue is paused by itself. One look at a small table.
	 * @param queue the name of the queue
	 * @return whether it is paused; {@code false} if only everything is paused, or there
	 * is no such queue
	 */
	boolean isQueuePaused(String queue);

	/**
	 * Returns the queues and their limits. One look at a small table.
	 * @return the limits by the name of the queue, in the order of the names; immutable
	 */
	Map<String, QueueLimits> queues();

	/**
	 * Creates a queue, or changes the limits of an existing one. Running jobs go on. The
	 * limits of {@code pgdispatch.queues} are set again whenever a node starts.
	 * @param queue the name of the queue
	 * @param limits the limits of the queue
	 */
	void setQueue(String queue, QueueLimits limits);

	/**
	 * Removes a queue. Its jobs run without its limits, and no more jobs can be
	 * dispatched to it.
	 * @param queue the name of the queue
	 * @return whether there was a queue with this name
	 */
	boolean dropQueue(String queue);

	/**
	 * Lists the schedules.
	 * @return the schedules, in the order of their names
	 * @see PgDispatchTemplate#schedule(String, Schedule, Dispatch)
	 */
	List<ScheduleInfo> schedules();

	/**
	 * Pauses a schedule: no due time gets a job until it is resumed. Jobs that were
	 * dispatched before run.
	 * @param schedule the name of the schedule, which has to exist
	 * @return {@code false} if it was paused already
	 */
	boolean pauseSchedule(String schedule);

	/**
	 * Ends the pause of a schedule. Due times that have passed meanwhile are left out.
	 * @param schedule the name of the schedule, which has to exist
	 * @return {@code false} if it was not paused
	 */
	boolean resumeSchedule(String schedule);

	/**
	 * Runs a schedule once more, beside its due times and also while it is paused.
	 * @param schedule the name of the schedule, which has to exist
	 * @return the id of the job; zero, and nothing is run, if the last job of the
	 * schedule still waits or runs and its jobs must not overlap
	 */
	long runSchedule(String schedule);

	/**
	 * Removes a schedule. Jobs that were dispatched before run. An application whose
	 * annotation still declares the schedule creates it again at its next start.
	 * @param schedule the name of the schedule
	 * @return whether there was one
	 */
	boolean removeSchedule(String schedule);

}
