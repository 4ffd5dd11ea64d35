package io.github.pgdispatch;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.command.Command;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Dispatches SQL out of the current transaction: it runs inside PostgreSQL after the
 * commit, and never if the transaction rolls back.
 *
 * <p>
 * A dispatch writes one row through the current Spring-managed transaction, whatever its
 * isolation level, after flushing JPA changes that are still pending, so that the command
 * may refer to them. A savepoint that is rolled back takes its own dispatches with it.
 * Nothing else happens on the caller's side: the command is run by a worker of this or
 * another node, in a session of the same role with that role's default settings, exactly
 * once. If it fails, its effects are undone and it is run again, as often as
 * {@code pgdispatch.retry} or the {@link Dispatch} says; after the last attempt, its
 * error is kept in {@code pgdispatch.dead_letter}.
 *
 * <pre class="code">
 * template.fire("SELECT refresh_statistics(:profileId)", Map.of("profileId", 42L));
 * template.snooze("SELECT send_reminder(:id)", new Reminder(42L), Duration.ofDays(3));
 * </pre>
 *
 * <p>
 * <strong>Parameters</strong> are written {@code :name} where an expression may stand,
 * and {@code :name.property} for a value's own. Their values become literals of the SQL
 * type that corresponds to their Java type, quoted such that they stay data whatever they
 * hold: numbers, strings and characters ({@code text}), {@code Boolean}, {@code UUID},
 * {@code java.time} and {@code java.sql} dates and times, {@code Duration} and
 * {@code Period} ({@code interval}), {@code byte[]}, enums (their name, as {@code text}),
 * Jackson's {@code JsonNode} ({@code jsonb}), {@code PGobject}, arrays of these (an SQL
 * array, as in {@code = ANY (:ids)}), collections of these (a list, as in
 * {@code IN (:ids)}) and {@code null}. A cast turns them into any other type, as in
 * {@code :document::jsonb}. A colon in a string literal, a quoted identifier, a comment,
 * a dollar-quoted string or a {@code ::} cast is no parameter. In an array slice, put a
 * space after it.
 *
 * <p>
 * <strong>Transactions</strong>: with no transaction to join, a dispatch fails, or with
 * {@code pgdispatch.transaction=supports} commits by itself. In a read-only transaction,
 * in one of another {@code DataSource}, and in one that has already been committed it
 * fails in any case.
 *
 * <p>
 * Thread-safe. The methods throw {@link IllegalArgumentException} for a command or a
 * parameter that cannot be dispatched,
 * {@link org.springframework.transaction.IllegalTransactionStateException} where there is
 * no fitting transaction, and {@link org.springframework.dao.DataAccessException} for
 * what the database refuses.
 *
 * @see AfterCommitDispatch
 */
public interface PgDispatchTemplate {

	/**
	 * Creates a template.
	 * @param dataSource of the database that has the schema
	 * @param transactionManager of the transactions to join, which manages connections of
	 * that {@code DataSource}
	 * @param transactionRequired whether a dispatch fails if there is no transaction; if
	 * not, it commits by itself then
	 * @param listener to be told of commits
	 * @param results that learn of the ends of jobs
	 * @return a thread-safe template
	 */
	static PgDispatchTemplate create(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener, JobResults results) {
		return new DefaultPgDispatchTemplate(dataSource, transactionManager, transactionRequired, listener, results);
	}

	/**
	 * Runs the SQL after the current transaction has committed.
	 * @param sql one or more statements
	 */
	void fire(String sql);

	/**
	 * Runs the SQL after the current transaction has committed.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters their values: a {@code Map}, a bean, a record or a
	 * {@code SqlParameterSource}
	 */
	void fire(String sql, Object parameters);

	/**
	 * Runs the SQL after the current transaction has committed, but not before the delay
	 * has passed since that transaction began.
	 * @param sql one or more statements
	 * @param delay zero or more; truncated to whole seconds
	 */
	void snooze(String sql, Duration delay);

	/**
	 * Runs the SQL after the current transaction has committed, but not before the delay
	 * has passed since that transaction began.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters their values: a {@code Map}, a bean, a record or a
	 * {@code SqlParameterSource}
	 * @param delay zero or more; truncated to whole seconds
	 */
	void snooze(String sql, Object parameters, Duration delay);

	/**
	 * Runs a command after the current transaction has committed, but not before the
	 * delay has passed since that transaction began. For those who dispatch the same SQL
	 * often: it is not read again.
	 * @param command one or more statements, with {@code :named} parameters
	 * @param parameters their values: a {@code Map}, a bean, a record or a
	 * {@code SqlParameterSource}
	 * @param delay zero or more; truncated to whole seconds
	 */
	void snooze(Command command, Object parameters, Duration delay);

	/**
	 * Creates a template.
	 * @param dataSource of the database that has the schema
	 * @param transactionManager of the transactions to join, which manages connections of
	 * that {@code DataSource}
	 * @param transactionRequired whether a dispatch fails if there is no transaction; if
	 * not, it commits by itself then
	 * @param listener to be told of commits
	 * @param results that learn of the ends of jobs
	 * @param handlers that dispatches calls of handlers; asked for at the first one
	 * @param propagator that puts headers into the jobs that run SQL
	 * @param defaults for SQL that does not ask for something else
	 * @return a thread-safe template
	 */
	static PgDispatchTemplate create(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener, JobResults results,
			Supplier<HandlerDispatcher> handlers, DispatchPropagator propagator, DispatchDefaults defaults) {
		return new DefaultPgDispatchTemplate(dataSource, transactionManager, transactionRequired, listener, results,
				handlers, propagator, defaults);
	}

	/**
	 * Runs SQL, or has a handler called, after the current transaction has committed.
	 * @param dispatch what is to run, and what is asked of its job
	 * @return the id of the job, which is positive. With a key, if a job with that one
	 * waits, it is the id of that job, and nothing has been dispatched; or zero, if that
	 * job was committed after the snapshot of the current transaction, REPEATABLE READ or
	 * SERIALIZABLE, which then cannot see it.
	 */
	long dispatch(Dispatch dispatch);

	/**
	 * Runs SQL, or has a handler called, after the current transaction has committed. As
	 * {@link #dispatch(Dispatch)}, for those who do not ask for the id of the job, which
	 * would cost them as much again.
	 * @param dispatch what is to run, and what is asked of its job
	 */
	void fire(Dispatch dispatch);

	/**
	 * Runs the SQL after the current transaction has committed, many times, each as a job
	 * of its own, which are all dispatched in one round trip to the database.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters for each job, their values: a {@code Map}, a bean, a record or a
	 * {@code SqlParameterSource}. None, and nothing is dispatched
	 */
	void fireAll(String sql, Collection<?> parameters);

	/**
	 * Looks for a job. Needs no transaction; in one, sees what that sees. Of a job of
	 * which nothing is asked but to be run, that reads all jobs of the role.
	 * @param id of the job
	 * @return the job; empty if there is none, or it has ended and nothing of it is kept
	 */
	Optional<JobInfo> find(long id);

	/**
	 * Cancels a job. A command that is running is interrupted at once, which may take
	 * some seconds, and the thread that runs a method after the commit. All else takes
	 * effect with the commit of the current transaction, if there is one, and is undone
	 * if it rolls back: then an interrupted command is run again. That transaction is to
	 * be short, as it holds the job, and READ COMMITTED.
	 * @param id of the job
	 * @return what has become of it
	 */
	Cancellation cancel(long id);

	/**
	 * Dispatches a dead letter again, with the id that the job had and all that was asked
	 * of it; its attempts are counted anew. Takes effect with the commit of the current
	 * transaction, if there is one.
	 * @param id of the job
	 * @return whether there was such a dead letter
	 * @see PgDispatchOperations
	 */
	boolean retry(long id);

	/**
	 * Waits for the end of a job. That is for jobs whose result is kept: of another, it
	 * is not known what has become of it, unless it is a dead letter. Do not wait in a
	 * transaction, which would hold its connection for so long.
	 * @param id of the job
	 * @param timeout how long at the most; zero or more
	 * @return what has become of the job, whether that is good or bad
	 * @throws IllegalStateException if a transaction that has dispatched the job is the
	 * current one, or is suspended by it: the job would not run before it has ended
	 * @throws NoSuchJobException if there is no such job, or it has ended without that
	 * its result is kept
	 * @throws DispatchTimeoutException if the job has not ended in time, or the thread
	 * was interrupted, which it then still is
	 * @see JobResults#whenEnded(long)
	 */
	JobResult await(long id, Duration timeout);

}
