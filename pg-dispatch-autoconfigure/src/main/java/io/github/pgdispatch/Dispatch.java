package io.github.pgdispatch;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.command.Command;
import io.github.pgdispatch.command.ParameterValues;
import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Describes a job to dispatch: the SQL or the handler call that it runs, and its options.
 *
 * <pre class="code">
 * template.dispatch(Dispatch.sql("SELECT charge(:id)", Map.of("id", 42L))
 *     .delay(Duration.ofMinutes(5))
 *     .maxAttempts(3)
 *     .key("charge 42"));
 * </pre>
 *
 * <p>
 * An option that is not set costs nothing. If they are not set, the maximum number of
 * attempts, the back-off and the time limit are those of {@code pgdispatch.retry} and
 * {@code pgdispatch.time-limit}, or those of the method that is the handler.
 *
 * <p>
 * Immutable and thread-safe. Two descriptions are equal if they describe the same job
 * with the same options. All methods throw {@link IllegalArgumentException} for a value
 * that a job cannot have.
 *
 * @see PgDispatchTemplate#dispatch(Dispatch)
 */
public final class Dispatch {

	private final @Nullable String handler;

	private final String content;

	private final Duration delay;

	private final DispatchOptions options;

	private Dispatch(@Nullable String handler, String content, Duration delay, DispatchOptions options) {
		this.handler = handler;
		this.content = content;
		this.delay = delay;
		this.options = options;
	}

	/**
	 * Describes a job that runs SQL.
	 * @param sql one or more statements
	 * @return a new description without options
	 */
	public static Dispatch sql(String sql) {
		return sql(sql, Map.of());
	}

	/**
	 * Describes a job that runs SQL.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters, which are read now: a {@code Map},
	 * a bean, a record or a {@code SqlParameterSource}
	 * @return a new description without options
	 */
	public static Dispatch sql(String sql, Object parameters) {
		return sql(Command.parse(sql), parameters);
	}

	/**
	 * Describes a job that runs a command. Code that dispatches the same SQL often can
	 * parse it once and use this method.
	 * @param command one or more statements, with {@code :named} parameters
	 * @param parameters the values of the parameters, which are read now: a {@code Map},
	 * a bean, a record or a {@code SqlParameterSource}
	 * @return a new description without options
	 */
	public static Dispatch sql(Command command, Object parameters) {
		return new Dispatch(null, command.render(ParameterValues.of(parameters)), Duration.ZERO, DispatchOptions.NONE);
	}

	/**
	 * Describes a job that calls a handler, which is a method with
	 * {@link AfterCommitDispatch} and without SQL. Any node that has the handler can run
	 * the job. While there is no such node, the job waits.
	 * @param name the name of the handler, such as {@code signUpSideEffects.welcome}
	 * @param argumentsJson a JSON object that has the arguments of the call by the names
	 * of the parameters
	 * @return a new description without options
	 */
	public static Dispatch handler(String name, String argumentsJson) {
		ArgumentChecks.name("The name of the handler", name);
		ArgumentChecks.text("The JSON of the arguments", argumentsJson);
		return new Dispatch(name, argumentsJson, Duration.ZERO, DispatchOptions.NONE);
	}

	/**
	 * Sets the delay of the job.
	 * @param delay the time from the start of the transaction; zero or more, truncated to
	 * whole seconds
	 * @return a new description with this delay
	 */
	public Dispatch delay(Duration delay) {
		return new Dispatch(this.handler, this.content, ArgumentChecks.notNegative("The delay", delay), this.options);
	}

	/**
	 * Sets the maximum number of attempts. A job that fails is run again until it
	 * succeeds or has had this many attempts.
	 * @param maxAttempts the maximum number of attempts, the first included; 1 to 32,767
	 * @return a new description with this maximum number of attempts
	 */
	public Dispatch maxAttempts(int maxAttempts) {
		return with(Option.MAX_ATTEMPTS, ArgumentChecks.maxAttempts(maxAttempts));
	}

	/**
	 * Sets how long the job waits after a failed attempt.
	 * @param backOff the back-off
	 * @return a new description with this back-off
	 */
	public Dispatch backOff(BackOff backOff) {
		Assert.notNull(backOff, "The back-off must not be null");
		return new Dispatch(this.handler, this.content, this.delay, DispatchDefaults.with(this.options, backOff));
	}

	/**
	 * Sets the time limit of an attempt. An attempt that takes longer is cancelled and
	 * counts as failed.
	 * @param timeLimit the time limit; at least one millisecond
	 * @return a new description with this time limit
	 */
	public Dispatch timeLimit(Duration timeLimit) {
		return with(Option.TIME_LIMIT, ArgumentChecks.lasting("The time limit", timeLimit));
	}

	/**
	 * Sets the idempotency key. If a job with this key already waits, nothing is
	 * dispatched, and the waiting job does not begin before the current transaction has
	 * ended. The dispatch may block until another transaction that dispatched with the
	 * same key has ended.
	 * @param key the key, such as {@code charge 42}; at most 1,000 bytes in UTF-8. All
	 * jobs of the role share one set of keys
	 * @return a new description with this key
	 */
	public Dispatch key(String key) {
		return with(Option.KEY, ArgumentChecks.name("The key", key));
	}

	/**
	 * Sets what the dispatch does if a job with the same {@linkplain #key key} waits. To
	 * replace that job, set the key first.
	 * @param onDuplicate {@code REPLACE} to give the waiting job the content and the
	 * delay of this dispatch, or {@code KEEP} to dispatch nothing, which is the default
	 * @return a new description with this choice
	 */
	public Dispatch onDuplicate(OnDuplicate onDuplicate) {
		if (onDuplicate == OnDuplicate.KEEP) {
			return without(Option.ON_DUPLICATE);
		}
		Assert.isTrue(this.options.has(Option.KEY), "Replacing a waiting job requires a key. Set the key first");
		Assert.isTrue(!this.options.has(Option.KEEP_KEY), "A job cannot both replace a waiting job and keep its key");
		return with(Option.ON_DUPLICATE, "replace");
	}

	/**
	 * Keeps the {@linkplain #key key}, which has to be set first, while the job runs and
	 * for some time after it has ended. Until then, nothing is dispatched with this key.
	 * @param duration the time from the end of the job; zero or more
	 * @return a new description that keeps its key for this time
	 */
	public Dispatch keepKey(Duration duration) {
		Assert.isTrue(this.options.has(Option.KEY), "Keeping a key requires a key. Set the key first");
		Assert.isTrue(!this.options.has(Option.ON_DUPLICATE),
				"A job cannot both replace a waiting job and keep its key");
		return with(Option.KEEP_KEY, ArgumentChecks.notNegative("The time to keep the key", duration));
	}

	/**
	 * Sets the ordering key. Jobs with the same ordering key run one after the other: in
	 * the order of their commits if their transactions do not overlap, and otherwise in
	 * the order of their dispatches.
	 * @param orderingKey the ordering key, such as {@code account 42}; at most 1,000
	 * bytes in UTF-8. All jobs of the role share one set of ordering keys
	 * @return a new description with this ordering key
	 */
	public Dispatch orderingKey(String orderingKey) {
		return with(Option.ORDERING_KEY, ArgumentChecks.name("The ordering key", orderingKey));
	}

	/**
	 * Sets what happens to the later jobs of the same {@linkplain #orderingKey ordering
	 * key} if this job fails. To let them pass, set the ordering key first.
	 * @param onFailure {@code PASS} to run the later jobs, or {@code HOLD} to hold them
	 * until this job has been retried with success or was deleted, which is the default
	 * @return a new description with this choice
	 */
	public Dispatch onFailure(OnFailure onFailure) {
		if (onFailure == OnFailure.HOLD) {
			return without(Option.ON_FAILURE);
		}
		Assert.isTrue(this.options.has(Option.ORDERING_KEY),
				"Letting later jobs pass requires an ordering key. Set the ordering key first");
		return with(Option.ON_FAILURE, "pass");
	}

	/**
	 * Sets the queue, whose limits the job obeys.
	 * @param name the name of an existing queue
	 * @return a new description with this queue
	 */
	public Dispatch queue(String name) {
		return with(Option.QUEUE, ArgumentChecks.name("The name of the queue", name));
	}

	/**
	 * Sets the fair key, such as a tenant. In a {@linkplain #queue queue} with
	 * {@link QueueLimits#perKey() perKey}, the fair keys take turns, so that many jobs of
	 * one do not delay those of another.
	 * @param fairKey the fair key, such as {@code tenant 42}; at most 1,000 bytes in
	 * UTF-8
	 * @return a new description with this fair key
	 * @throws IllegalArgumentException if the job has no queue
	 */
	public Dispatch fairKey(String fairKey) {
		ArgumentChecks.name("The fair key", fairKey);
		Assert.isTrue(this.options.has(Option.QUEUE), "A fair key requires a queue. Set the queue first");
		return with(Option.FAIR_KEY, fairKey);
	}

	/**
	 * Sets the priority. A job with a priority of 30 runs before jobs without a priority
	 * that became due up to 30 seconds earlier.
	 * @param seconds the priority in seconds; 0 to 86,400
	 * @return a new description with this priority
	 */
	public Dispatch priority(int seconds) {
		return with(Option.PRIORITY, ArgumentChecks.priority(seconds));
	}

	/**
	 * Keeps the result of the job. The result of SQL is the rows of a single statement,
	 * as JSON, and the result of a handler is its return value.
	 * @param duration the time from the end of the job; at least one millisecond
	 * @return a new description that keeps its result for this time
	 */
	public Dispatch keepResult(Duration duration) {
		return isSql() ? keep("rows", duration) : with(Option.KEEP_RESULT, requireResultTime(duration));
	}

	/**
	 * Keeps the number of rows that the SQL has returned or changed.
	 * @param duration the time from the end of the job; at least one millisecond
	 * @return a new description that keeps its row count for this time
	 */
	public Dispatch keepRowCount(Duration duration) {
		Assert.isTrue(isSql(), "Only SQL has a row count. Keep the result of a handler instead");
		return keep("count", duration);
	}

	private Dispatch keep(String result, Duration duration) {
		Assert.isTrue(!this.options.has(Option.TRANSACTIONAL), "Non-transactional SQL has no result to keep");
		return with(Option.RESULT, result).with(Option.KEEP_RESULT, requireResultTime(duration));
	}

	private static Duration requireResultTime(Duration duration) {
		return ArgumentChecks.lasting("The time to keep the result", duration);
	}

	/**
	 * Sets the label of SQL: the name under which its jobs are listed, counted and
	 * logged. The jobs of a handler are listed under the name of the handler.
	 * @param label the label, such as {@code refresh statistics}; at most 1,000 bytes in
	 * UTF-8. Few different labels, as monitoring keeps numbers for each
	 * @return a new description with this label
	 */
	public Dispatch label(String label) {
		Assert.isTrue(isSql(), "Only SQL has a label. A job of a handler is listed under the name of the handler");
		return with(Option.LABEL, ArgumentChecks.name("The label", label));
	}

	/**
	 * Runs the SQL, which has to be a single statement, outside of a transaction and at
	 * least once. This is for statements that refuse to run in a transaction, such as
	 * {@code VACUUM}.
	 * @return a new description of non-transactional SQL
	 */
	public Dispatch nonTransactional() {
		Assert.isTrue(isSql(), "Only SQL can be non-transactional. A method declares its transaction itself");
		Assert.isTrue(!this.options.has(Option.RESULT), "Non-transactional SQL has no result to keep");
		return with(Option.TRANSACTIONAL, false);
	}

	/**
	 * Adds the job to a batch, which does not end before the job has ended. A job of a
	 * batch can add jobs to it, as the batch does not end meanwhile.
	 * @param id the id of a batch that has not ended, see
	 * {@link DispatchContext#batchId()} and {@link Batch#open()}
	 * @return a new description of a job of the batch
	 */
	public Dispatch batch(long id) {
		return with(Option.BATCH, id);
	}

	/**
	 * Makes the job the continuation of a batch.
	 */
	Dispatch continuation(long batch, String continuation) {
		return with(Option.BATCH, batch).with(Option.CONTINUATION, continuation);
	}

	/**
	 * Returns what the job has in common with others of the same kind and options.
	 */
	Dispatch withoutContent() {
		return new Dispatch(this.handler, "", this.delay, this.options);
	}

	private Dispatch with(Option option, Object value) {
		return new Dispatch(this.handler, this.content, this.delay, this.options.with(option, value));
	}

	private Dispatch without(Option option) {
		return !this.options.has(option) ? this
				: new Dispatch(this.handler, this.content, this.delay, this.options.without(option));
	}

	private boolean isSql() {
		return this.handler == null;
	}

	@Nullable String handler() {
		return this.handler;
	}

	/**
	 * Returns the SQL, or the arguments of the handler as JSON.
	 */
	String content() {
		return this.content;
	}

	Duration delay() {
		return this.delay;
	}

	/**
	 * Returns whether the delay is at least one second, to which it is truncated.
	 */
	boolean isLater() {
		return this.delay.toSeconds() > 0;
	}

	DispatchOptions options() {
		return this.options;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof Dispatch dispatch && Objects.equals(this.handler, dispatch.handler)
				&& this.content.equals(dispatch.content) && this.delay.equals(dispatch.delay)
				&& this.options.equals(dispatch.options);
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.handler, this.content, this.delay, this.options);
	}

	/**
	 * Returns a text without arguments and keys, which may be secret.
	 */
	@Override
	public String toString() {
		return (isSql() ? "SQL" : this.handler) + " in " + this.delay + " with " + this.options.values().keySet();
	}

}
