package io.github.pgdispatch;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgdispatch.command.Command;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Dispatches jobs in the current transaction. A job runs after the transaction has
 * committed, and never if the transaction rolls back. A job runs SQL inside PostgreSQL,
 * or calls a handler on a node of the application.
 *
 * <p>
 * A dispatch writes one row through the current Spring-managed transaction, at any
 * isolation level. Before that, it flushes pending JPA changes, so that the job can refer
 * to them. A rollback to a savepoint undoes the dispatches that were made after the
 * savepoint. The caller does nothing else. A worker of this or another node runs the SQL
 * exactly once, in a session of the same role with the default settings of that role. If
 * the SQL fails, its effects are undone, and it is run again until it succeeds or has had
 * the maximum number of attempts of {@code pgdispatch.retry} or of the {@link Dispatch}.
 * After the last attempt, the job and its error are kept in
 * {@code pgdispatch.dead_letter}.
 *
 * <pre class="code">
 * template.fire("SELECT refresh_statistics(:profileId)", Map.of("profileId", 42L));
 * template.snooze("SELECT send_reminder(:id)", new Reminder(42L), Duration.ofDays(3));
 * </pre>
 *
 * <p>
 * <strong>Parameters</strong> are written {@code :name} where SQL allows an expression,
 * and {@code :name.property} for a property of a value. Each value becomes a literal of
 * the SQL type that corresponds to its Java type. The literal is quoted, so that a value
 * is never run as SQL. The following types are supported: numbers, strings and characters
 * ({@code text}), {@code Boolean}, {@code UUID}, {@code java.time} and {@code java.sql}
 * dates and times, {@code Duration} and {@code Period} ({@code interval}),
 * {@code byte[]}, enums (their names, as {@code text}), Jackson's {@code JsonNode}
 * ({@code jsonb}), {@code PGobject}, arrays of these (an SQL array, as in
 * {@code = ANY (:ids)}), collections of these (a list, as in {@code IN (:ids)}) and
 * {@code null}. A cast converts a value to any other type, as in
 * {@code :document::jsonb}. A colon in a string literal, a quoted identifier, a comment,
 * a dollar-quoted string or a {@code ::} cast does not begin a parameter. In an array
 * slice, write a space after the colon.
 *
 * <p>
 * <strong>Transactions</strong>: without a current transaction, a dispatch fails. With
 * {@code pgdispatch.transaction=supports}, it commits by itself instead. A dispatch
 * always fails in a read-only transaction, in a transaction of another
 * {@code DataSource}, and in a transaction that has already been committed or rolled
 * back.
 *
 * <p>
 * Thread-safe. The methods throw {@link IllegalArgumentException} for a command or a
 * parameter that cannot be dispatched,
 * {@link org.springframework.transaction.IllegalTransactionStateException} if the current
 * transaction cannot be joined, and {@link org.springframework.dao.DataAccessException}
 * if the database refuses the dispatch.
 *
 * @see AfterCommitDispatch
 */
public interface PgDispatchTemplate {

	/**
	 * Returns a builder of a template. Without further settings, a dispatch requires a
	 * transaction, other nodes are notified through the database, a job has one attempt
	 * and no headers, and {@link #await(long, Duration)} is not possible.
	 * @param dataSource the database that has the schema
	 * @param transactionManager the manager of the transactions to join, which has to
	 * manage connections of that {@code DataSource}
	 * @return a new builder
	 */
	static Builder builder(DataSource dataSource, PlatformTransactionManager transactionManager) {
		return new DefaultPgDispatchTemplateBuilder(dataSource, transactionManager);
	}

	/**
	 * Runs the SQL after the current transaction has committed.
	 * @param sql one or more statements
	 */
	void fire(String sql);

	/**
	 * Runs the SQL after the current transaction has committed.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters: a {@code Map}, a bean, a record or
	 * a {@code SqlParameterSource}
	 */
	void fire(String sql, Object parameters);

	/**
	 * Dispatches a job that runs SQL or calls a handler. Cheaper than
	 * {@link #dispatch(Dispatch)}, because the database does not return the id of the
	 * job.
	 * @param dispatch the job and its options
	 */
	void fire(Dispatch dispatch);

	/**
	 * Runs the SQL once for each element of a collection, each time as a job of its own,
	 * after the current transaction has committed. All jobs are dispatched in one round
	 * trip to the database.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters, one element for each job: a
	 * {@code Map}, a bean, a record or a {@code SqlParameterSource}. If the collection is
	 * empty, nothing is dispatched
	 */
	void fireAll(String sql, Collection<?> parameters);

	/**
	 * Runs the SQL after the current transaction has committed, and not before the delay
	 * has passed.
	 * @param sql one or more statements
	 * @param delay the time from the start of the transaction; zero or more, truncated to
	 * whole seconds
	 */
	void snooze(String sql, Duration delay);

	/**
	 * Runs the SQL after the current transaction has committed, and not before the delay
	 * has passed.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters: a {@code Map}, a bean, a record or
	 * a {@code SqlParameterSource}
	 * @param delay the time from the start of the transaction; zero or more, truncated to
	 * whole seconds
	 */
	void snooze(String sql, Object parameters, Duration delay);

	/**
	 * Runs a command after the current transaction has committed, and not before the
	 * delay has passed. Code that dispatches the same SQL often can parse it once and use
	 * this method.
	 * @param command one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters: a {@code Map}, a bean, a record or
	 * a {@code SqlParameterSource}
	 * @param delay the time from the start of the transaction; zero or more, truncated to
	 * whole seconds
	 */
	void snooze(Command command, Object parameters, Duration delay);

	/**
	 * Dispatches a job that runs SQL or calls a handler.
	 * @param dispatch the job and its options
	 * @return the id of the job, which is positive. If a job with the same key waits, the
	 * id of that job is returned and nothing is dispatched. Zero is returned if that job
	 * was committed after the snapshot of the current transaction, which is at REPEATABLE
	 * READ or SERIALIZABLE and therefore cannot see it
	 */
	long dispatch(Dispatch dispatch);

	/**
	 * Dispatches a job again and again, or changes a schedule with the same name. Takes
	 * effect with the commit of the current transaction, or immediately if there is none.
	 * Each due time has one job, whatever becomes of the earlier ones. A call with
	 * nothing new changes nothing.
	 * @param name the name of the schedule, which identifies it among those of the role;
	 * at most 900 bytes in UTF-8
	 * @param schedule the due times
	 * @param dispatch the job, with any options but a delay, a key and a result
	 * @return what has become of the schedule
	 * @throws IllegalStateException if the schedule has a cron expression and the nodes
	 * of this application do not run those, see {@code pgdispatch.cron-schedules}
	 * @see PgDispatchOperations#schedules()
	 */
	ScheduleChange schedule(String name, Schedule schedule, Dispatch dispatch);

	/**
	 * Does what {@link #schedule} does, but only if this declaration differs from the
	 * last one of this name. Thus an application can declare a schedule at each start: a
	 * pause and what somebody has changed at run time stay until a deployment declares
	 * something else. Methods with {@link DispatchSchedule} do so by themselves.
	 * @param name the name of the schedule
	 * @param schedule the due times
	 * @param dispatch the job, with any options but a delay, a key and a result
	 * @return what has become of the schedule
	 */
	ScheduleChange declareSchedule(String name, Schedule schedule, Dispatch dispatch);

	/**
	 * Finds a job. No transaction is needed; in a transaction, the method sees what the
	 * transaction sees. Finding a job without options reads all jobs of the role.
	 * @param id the id of the job
	 * @return the job, or an empty result if there is no such job, or if it has ended and
	 * its result was not kept
	 */
	Optional<JobInfo> find(long id);

	/**
	 * Cancels a job. A running command is interrupted at once, which may take some
	 * seconds. The thread that runs a method is interrupted after the commit. Everything
	 * else takes effect with the commit of the current transaction, or immediately if
	 * there is none. If that transaction rolls back, the job stays, and an interrupted
	 * command is run again. The transaction should be short, because it locks the job,
	 * and has to be at READ COMMITTED.
	 * @param id the id of the job
	 * @return the outcome of the cancellation
	 */
	Cancellation cancel(long id);

	/**
	 * Dispatches a dead letter again. The job keeps its id and its options, and its
	 * attempts are counted from the beginning. The retry takes effect with the commit of
	 * the current transaction, or immediately if there is none.
	 * @param id the id of the job
	 * @return whether there was a dead letter with this id
	 * @see PgDispatchOperations
	 */
	boolean retry(long id);

	/**
	 * Describes a batch: many jobs, and one that is dispatched in the commit that ends
	 * the last of them. Nothing is written before {@link Batch#dispatch()} is called.
	 * @param name what the batch is called where batches are listed, such as
	 * {@code import 42}; at most 1,000 bytes in UTF-8. Several may have the same name
	 * @return a new description of a batch without jobs
	 */
	Batch batch(String name);

	/**
	 * Closes a batch that was {@linkplain Batch#open() left open}. It ends as soon as all
	 * its jobs have ended. The method takes effect with the commit of the current
	 * transaction, or immediately if there is none. To close it again changes nothing.
	 * @param id the id of the batch
	 */
	void closeBatch(long id);

	/**
	 * Finds a batch with its progress. No transaction is needed.
	 * @param id the id of the batch
	 * @return the batch, or an empty result if there is no such batch, or if it has ended
	 * and is no longer kept
	 */
	Optional<BatchInfo> findBatch(long id);

	/**
	 * Cancels a batch with all its jobs and the batches in it. Its continuation does not
	 * run. For running jobs, the method does what {@link #cancel(long)} does. It takes
	 * effect with the commit of the current transaction, or immediately if there is none.
	 * @param id the id of the batch
	 * @return the number of jobs that were cancelled, or are interrupted after the
	 * commit; zero if the batch has ended
	 */
	long cancelBatch(long id);

	/**
	 * Waits for the end of a job. This is meant for jobs whose result is kept. The end of
	 * another job is only known if it became a dead letter. Do not wait in a transaction,
	 * because it would keep its connection meanwhile.
	 * @param id the id of the job
	 * @param timeout the maximum time to wait; zero or more
	 * @return the result of the job, whether it succeeded or not
	 * @throws IllegalStateException if the job was dispatched by the current transaction
	 * or by one that it suspends, because the job cannot run before that transaction has
	 * ended
	 * @throws NoSuchJobException if there is no such job, or if it has ended and its
	 * result was not kept
	 * @throws DispatchTimeoutException if the job has not ended in time, or if the thread
	 * was interrupted, in which case its interrupted status stays set
	 * @see JobResults#whenEnded(long)
	 */
	JobResult await(long id, Duration timeout);

	/**
	 * Builds a {@link PgDispatchTemplate}. Not thread-safe.
	 */
	interface Builder {

		/**
		 * Sets whether a dispatch fails if there is no transaction. Otherwise, a dispatch
		 * without a transaction commits by itself. The default is {@code true}.
		 * @param transactionRequired whether a transaction is required
		 * @return this builder
		 */
		Builder transactionRequired(boolean transactionRequired);

		/**
		 * Sets the listener that learns of committed dispatches of SQL.
		 * @param listener the listener
		 * @return this builder
		 */
		Builder listener(DispatchListener listener);

		/**
		 * Sets the listener that learns of committed dispatches of handler calls.
		 * @param handlerListener the listener
		 * @return this builder
		 */
		Builder handlerListener(DispatchListener handlerListener);

		/**
		 * Sets the source of results, which {@link PgDispatchTemplate#await} needs.
		 * @param results the source of results
		 * @return this builder
		 */
		Builder results(JobResults results);

		/**
		 * Sets the propagator that writes the headers of jobs.
		 * @param propagator the propagator
		 * @return this builder
		 */
		Builder propagator(DispatchPropagator propagator);

		/**
		 * Sets the observer that is called around each dispatch.
		 * @param observer the observer
		 * @return this builder
		 */
		Builder observer(DispatchObserver observer);

		/**
		 * Sets whether SQL begins with a comment that names the trace of its dispatch, if
		 * the job has a header {@code traceparent} in the form of the W3C. The default is
		 * {@code false}.
		 * @param traceComment whether SQL begins with such a comment
		 * @return this builder
		 */
		Builder traceComment(boolean traceComment);

		/**
		 * Sets the defaults for the options of SQL. The defaults of a handler are those
		 * of its method.
		 * @param defaults the defaults
		 * @return this builder
		 */
		Builder defaults(DispatchDefaults defaults);

		/**
		 * Builds the template.
		 * @return a new thread-safe template
		 */
		PgDispatchTemplate build();

	}

}
