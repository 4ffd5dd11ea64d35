package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.WaitingJobs;
import io.github.pgdispatch.gateway.SingleJobGateway;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * The jobs that wait while a test runs, as the test sees them: those that its own
 * transaction has dispatched, and those that are committed, of its role. A bean of test
 * classes with {@link AutoConfigurePgDispatch}.
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
 * <strong>In a transaction</strong> of the test, which it may well roll back in the end,
 * jobs are run in that very transaction. It is like their real run, but for what a commit
 * between the two would make: a job has the settings and the time ({@code now()}) of the
 * test's transaction, deferred constraints are not checked, a method finds a transaction
 * and, with JPA, the entities that the test has loaded, and one that begins a transaction
 * of its own sees nothing of the test's.
 *
 * <p>
 * <strong>Outside</strong> of one, they are run as ever: SQL by the executor, in a
 * session of its own, and methods with or without a transaction as they say. What they
 * leave is committed.
 *
 * <p>
 * For the test's thread; nothing happens in another.
 */
public final class DispatchedJobs implements AssertProvider<DispatchedJobsAssert> {

	private static final int MOST = 1_000;

	/**
	 * A method may be debugged.
	 */
	private static final Duration LEASE = Duration.ofMinutes(10);

	private final WaitingJobs queue;

	private final JobTransaction transaction;

	private final CommandJobs commands;

	private final @Nullable HandlerJobs handlers;

	private final ArgumentMatcher arguments;

	/**
	 * Creates what the test sees.
	 * @param dataSource of the database that has the jobs
	 * @param sessions that have logged in as the role, which are not the test's
	 * @param transactionManager of the transactions of that {@code DataSource}
	 * @param methods of the application, or {@code null} if it can have none
	 */
	public DispatchedJobs(DataSource dataSource, DataSource sessions, PlatformTransactionManager transactionManager,
			@Nullable TestedMethods methods) {
		UUID node = UUID.randomUUID();
		SingleJobGateway gateway = new SingleJobGateway(dataSource, node, LEASE);
		this.queue = new WaitingJobs(dataSource);
		this.transaction = new JobTransaction(transactionManager, dataSource, gateway);
		this.commands = new CommandJobs(this.transaction, gateway, sessions);
		this.handlers = (methods != null)
				? new HandlerJobs(this.transaction, gateway, new CompletionGateway(dataSource, node), methods) : null;
		this.arguments = (methods != null) ? methods.arguments()::hasProperty : (object, name, value) -> false;
	}

	/**
	 * Returns the jobs that wait, due or not.
	 * @return the jobs in the order in which they fall due
	 */
	public List<DispatchedJob> waiting() {
		this.transaction.flush();
		return this.transaction.execute(this.queue::waiting).stream().map(DispatchedJob::of).toList();
	}

	/**
	 * Runs the jobs that are due, in the current thread and in the order in which they
	 * fell due, and so those that these dispatch, until none is due.
	 * @return how many were run
	 * @throws JobFailedException if one fails. What it did is undone, and it is now in
	 * {@code pgdispatch.dead_letter}, so that another call runs those that are left. One
	 * that could not be run at all, as this application has no such method or another one
	 * is running it, goes on waiting
	 * @throws IllegalStateException if there is no end to them
	 */
	public int run() {
		int ran = 0;
		for (DispatchedJob job = oldestDue(); job != null; job = oldestDue()) {
			if (ran == MOST) {
				throw new IllegalStateException(MOST + " jobs were run and there are still some due."
						+ " Do they dispatch each other, for ever? The next one is " + job);
			}
			run(job);
			ran++;
		}
		return ran;
	}

	private @Nullable DispatchedJob oldestDue() {
		this.transaction.flush();
		return this.transaction.execute(this.queue::oldestDue).map(DispatchedJob::of).orElse(null);
	}

	private void run(DispatchedJob job) {
		try {
			if (job.command() != null) {
				this.commands.run(job, job.command());
			}
			else {
				Assert.state(this.handlers != null, "Jackson 3, which reads the arguments, is not on the class path");
				Assert.state(job.handler() != null, "Neither a command nor a handler");
				this.handlers.run(job, job.handler());
			}
		}
		catch (Throwable ex) {
			throw new JobFailedException(job, ex);
		}
	}

	/**
	 * Lets time pass for the jobs that wait: they are as if they had been dispatched so
	 * much earlier, and fall due so much earlier. The time of the database and of Java
	 * stays what it is.
	 * @param duration how much, to the millisecond
	 * @return this
	 */
	public DispatchedJobs advanceTime(Duration duration) {
		Assert.isTrue(!duration.isNegative(), "Time cannot be turned back");
		this.transaction.flush();
		this.transaction.run(() -> this.queue.makeOlder(duration));
		return this;
	}

	/**
	 * Deletes the jobs that wait, and the dead letters. A test that commits may do so
	 * before it begins, lest it finds what another has left.
	 */
	public void clear() {
		this.transaction.flush();
		this.transaction.run(this.queue::clear);
	}

	/**
	 * Returns assertions about the jobs that now wait.
	 * @return the assertions
	 */
	@Override
	public DispatchedJobsAssert assertThat() {
		return new DispatchedJobsAssert(waiting(), this.arguments);
	}

}
