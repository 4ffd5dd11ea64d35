package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.StepGateway;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * Shows and runs the jobs that wait while a test runs. These are the jobs that the
 * transaction of the test has dispatched, and the committed jobs of the same role. A bean
 * in test classes with {@link AutoConfigurePgDispatch}.
 *
 * <pre class="code">
 * profiles.signUp(new NewProfile("Ada", "ada@example.com"));
 *
 * assertThat(jobs).containsCommand("SELECT notify_followers(42)");
 * assertThat(jobs).containsHandler("signUpSideEffects.welcome").withArgument("profileId", 42);
 *
 * jobs.run();
 * jobs.advanceTime(Duration.ofDays(3)).run();
 * </pre>
 *
 * <p>
 * <strong>In a transaction</strong> of the test, jobs run in that transaction, each under
 * a savepoint, and are rolled back with it. Such a run differs from a real one, because
 * no commit separates the dispatch from the job: A job has the settings and the time
 * ({@code now()}) of the transaction of the test. Deferred constraints are not checked. A
 * method finds a current transaction and, with JPA, the entities that the test has
 * loaded. A method that begins a transaction of its own does not see the changes of the
 * test.
 *
 * <p>
 * <strong>Without a transaction</strong> of the test, jobs run as they do in production.
 * The executor runs SQL in a session of its own, and methods run with the transactions
 * that they declare. Their changes are committed.
 *
 * <p>
 * Not thread-safe. Jobs run in the thread of the test.
 */
public final class DispatchedJobs implements AssertProvider<DispatchedJobsAssert> {

	private static final int MAX_JOBS = 1_000;

	private final WaitingJobGateway gateway;

	private final JobTransaction transaction;

	private final CommandJobs commands;

	private final @Nullable HandlerJobs handlers;

	private final ArgumentMatcher arguments;

	/**
	 * Creates an instance for an application context.
	 * @param dataSource the {@code DataSource} of the database that has the jobs
	 * @param sessions connections of their own, not those of the test, that have logged
	 * in as the role
	 * @param transactionManager the manager of the transactions of {@code dataSource}
	 * @param methods the methods of the application, or {@code null} if jobs cannot call
	 * methods because Jackson is missing
	 */
	public DispatchedJobs(DataSource dataSource, DataSource sessions, PlatformTransactionManager transactionManager,
			@Nullable TestedMethods methods) {
		UUID node = UUID.randomUUID();
		this.gateway = new WaitingJobGateway(dataSource);
		this.transaction = new JobTransaction(transactionManager, dataSource);
		this.commands = new CommandJobs(this.transaction, new CommandGateway(dataSource), sessions);
		this.handlers = (methods != null) ? new HandlerJobs(this.transaction, new HandlerJobGateway(dataSource, node),
				new CompletionGateway(dataSource, node, (breaker) -> {
				}), new StepGateway(dataSource, node), methods) : null;
		this.arguments = (methods != null) ? methods.arguments()::hasProperty : (object, name, value) -> false;
	}

	/**
	 * Returns the jobs that wait, whether they are due or not.
	 * @return the waiting jobs in the order in which they become due
	 */
	public List<DispatchedJob> waiting() {
		this.transaction.flush();
		return this.transaction.execute(this.gateway::waiting);
	}

	/**
	 * Runs the due jobs in the current thread, in the order in which they became due.
	 * Jobs that these jobs dispatch are run as well. The method returns when no job is
	 * due.
	 * <p>
	 * If a job fails, the method throws a {@link JobFailedException} that wraps the
	 * failure, and does not run the remaining jobs. The effects of the failed job are
	 * undone, and the job becomes a dead letter, so that another call runs the remaining
	 * jobs. A job that could not be run, because the application does not have its method
	 * or because another session is running it, stays in the queue.
	 * @return the number of jobs that were run
	 * @throws JobFailedException if a job fails or cannot be run. Its cause is the
	 * exception that the method has thrown, or the
	 * {@link org.springframework.dao.DataAccessException} of the SQL error
	 * @throws IllegalStateException if a job is still due after 1,000 jobs were run
	 */
	public int run() {
		int count = 0;
		for (DispatchedJob job = oldestDue(); job != null; job = oldestDue()) {
			if (count == MAX_JOBS) {
				throw new IllegalStateException(MAX_JOBS + " jobs were run, and there is still a job due."
						+ " Check whether the jobs dispatch each other endlessly. The next job is " + job);
			}
			run(job);
			count++;
		}
		return count;
	}

	/**
	 * Dispatches a job of a schedule, whatever its due times are, and runs it with the
	 * other due jobs. In tests, a schedule has no other jobs: its due times do not come,
	 * and {@link #advanceTime} does not bring them.
	 * @param schedule the name of the schedule, which a method declares or the test has
	 * made
	 * @return the number of jobs that were run
	 * @throws IllegalStateException if the last job of the schedule still waits, and its
	 * jobs must not overlap
	 * @throws JobFailedException as for {@link #run()}
	 */
	public int runSchedule(String schedule) {
		this.transaction.flush();
		boolean dispatched = this.transaction.execute(() -> this.gateway.runSchedule(schedule));
		Assert.state(dispatched, () -> "The last job of the schedule '" + schedule
				+ "' still waits, and its jobs must not overlap. Run it or clear it first");
		return run();
	}

	private @Nullable DispatchedJob oldestDue() {
		this.transaction.flush();
		return this.transaction.execute(this.gateway::oldestDue).orElse(null);
	}

	private void run(DispatchedJob job) {
		try {
			if (job.command() != null) {
				this.commands.run(job, job.command());
			}
			else {
				Assert.state(this.handlers != null, "Jackson 3, which reads the arguments, is not on the class path");
				Assert.state(job.handler() != null, "The job has neither a command nor a handler");
				this.handlers.run(job, job.handler());
			}
		}
		catch (Throwable ex) {
			throw new JobFailedException(job, ex);
		}
	}

	/**
	 * Lets time pass for the waiting jobs. Their times of dispatch and their due times
	 * are moved back by the duration. The clocks of the database and of Java do not
	 * change.
	 * @param duration the time that passes; zero or more, with a precision of a
	 * millisecond
	 * @return this instance
	 */
	public DispatchedJobs advanceTime(Duration duration) {
		Assert.isTrue(!duration.isNegative(), "The duration must not be negative");
		this.transaction.flush();
		this.transaction.run(() -> this.gateway.advanceTime(duration));
		return this;
	}

	/**
	 * Deletes the waiting jobs, the dead letters and the results of the role. A test that
	 * commits can call this first, so that it does not find the jobs of another test.
	 */
	public void clear() {
		this.transaction.flush();
		this.transaction.run(this.gateway::clear);
	}

	/**
	 * Returns assertions about the jobs that wait now.
	 * @return the assertions
	 */
	@Override
	public DispatchedJobsAssert assertThat() {
		return new DispatchedJobsAssert(waiting(), this.arguments);
	}

}
