package io.github.pgdispatch;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import io.github.pgdispatch.command.Command;
import io.github.pgdispatch.command.ParameterValues;
import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What is to be dispatched, and what is asked of its job.
 *
 * <pre class="code">
 * template.dispatch(Dispatch.sql("SELECT charge(:id)", Map.of("id", 42L))
 *     .delay(Duration.ofMinutes(5))
 *     .maxAttempts(3)
 *     .key("charge 42"));
 * </pre>
 *
 * <p>
 * What is not asked for costs nothing; number of attempts, back-off and time limit are
 * those of {@code pgdispatch.retry} and {@code pgdispatch.time-limit} then, or of the
 * method that is the handler.
 *
 * <p>
 * Immutable and thread-safe; equal if the same is dispatched and asked for. All methods
 * throw {@link IllegalArgumentException} for what cannot be asked of a job.
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
	 * Has SQL run.
	 * @param sql one or more statements
	 * @return of which nothing is asked yet
	 */
	public static Dispatch sql(String sql) {
		return sql(sql, Map.of());
	}

	/**
	 * Has SQL run.
	 * @param sql one or more statements, with {@code :named} parameters
	 * @param parameters their values, which are read now: a {@code Map}, a bean, a record
	 * or a {@code SqlParameterSource}
	 * @return of which nothing is asked yet
	 */
	public static Dispatch sql(String sql, Object parameters) {
		return sql(Command.parse(sql), parameters);
	}

	/**
	 * Has a command run. For those who dispatch the same SQL often: it is not read again.
	 * @param command one or more statements, with {@code :named} parameters
	 * @param parameters their values, which are read now: a {@code Map}, a bean, a record
	 * or a {@code SqlParameterSource}
	 * @return of which nothing is asked yet
	 */
	public static Dispatch sql(Command command, Object parameters) {
		return new Dispatch(null, command.render(ParameterValues.of(parameters)), Duration.ZERO, DispatchOptions.NONE);
	}

	/**
	 * Has a handler called, on some node that has it: a method with
	 * {@link AfterCommitDispatch} and without SQL. If there is none, the job waits.
	 * @param name of the handler, such as {@code signUpSideEffects.welcome}
	 * @param argumentsJson a JSON object of the call's arguments, by the names of the
	 * parameters
	 * @return of which nothing is asked yet
	 */
	public static Dispatch handler(String name, String argumentsJson) {
		ArgumentChecks.name("The name of the handler", name);
		ArgumentChecks.name("The JSON of the arguments", argumentsJson);
		return new Dispatch(name, argumentsJson, Duration.ZERO, DispatchOptions.NONE);
	}

	/**
	 * Lets the job wait.
	 * @param delay from the start of the transaction; zero or more, and truncated to
	 * whole seconds
	 * @return another description
	 */
	public Dispatch delay(Duration delay) {
		return new Dispatch(this.handler, this.content, ArgumentChecks.notNegative("The delay", delay), this.options);
	}

	/**
	 * Has the job run again if it fails.
	 * @param maxAttempts how often at the most, until it succeeds; 1 to 32,767
	 * @return another description
	 */
	public Dispatch maxAttempts(int maxAttempts) {
		return with(Option.MAX_ATTEMPTS, ArgumentChecks.maxAttempts(maxAttempts));
	}

	/**
	 * Says how long the job waits between two attempts.
	 * @param backOff after a failure
	 * @return another description
	 */
	public Dispatch backOff(BackOff backOff) {
		Assert.notNull(backOff, "The back-off must not be null");
		return new Dispatch(this.handler, this.content, this.delay, DispatchDefaults.with(this.options, backOff));
	}

	/**
	 * Has attempts that last too long cancelled: they have failed then.
	 * @param timeLimit of each; a millisecond at the least
	 * @return another description
	 */
	public Dispatch timeLimit(Duration timeLimit) {
		return with(Option.TIME_LIMIT, ArgumentChecks.lasting("The time limit", timeLimit));
	}

	/**
	 * Dispatches nothing if a job with this key waits. That one will not begin before the
	 * current transaction has ended. May wait for another transaction that has dispatched
	 * with the same key.
	 * @param key up to 1,000 characters, of the whole role, such as {@code charge 42}
	 * @return another description
	 */
	public Dispatch key(String key) {
		return with(Option.KEY, ArgumentChecks.key("The key", key));
	}

	/**
	 * Puts this dispatch and its delay in the place of the waiting job that has the
	 * {@linkplain #key key}, which is to be given first.
	 * @return another description
	 */
	public Dispatch replacing() {
		Assert.isTrue(this.options.has(Option.KEY), "To replace a waiting job takes a key: give that first");
		Assert.isTrue(!this.options.has(Option.KEEP_KEY),
				"A job cannot both replace the waiting one and keep its key after it is done");
		return with(Option.ON_DUPLICATE, "replace");
	}

	/**
	 * Dispatches nothing with the {@linkplain #key key}, which is to be given first,
	 * while the job runs either, and for some time after it is done.
	 * @param duration from the end of the job; zero or more
	 * @return another description
	 */
	public Dispatch keepKey(Duration duration) {
		Assert.isTrue(this.options.has(Option.KEY), "To keep a key takes one: give that first");
		Assert.isTrue(!this.options.has(Option.ON_DUPLICATE),
				"A job cannot both replace the waiting one and keep its key after it is done");
		return with(Option.KEEP_KEY, ArgumentChecks.notNegative("The time to keep the key", duration));
	}

	/**
	 * Has jobs run one after the other: those of one ordering key, in the order of their
	 * commits where transactions do not overlap, and else of their dispatches.
	 * @param orderingKey up to 1,000 characters, of the whole role, such as
	 * {@code account 42}
	 * @return another description
	 */
	public Dispatch orderingKey(String orderingKey) {
		return with(Option.ORDERING_KEY, ArgumentChecks.key("The ordering key", orderingKey));
	}

	/**
	 * Has those behind this job, in the order of its {@linkplain #orderingKey ordering
	 * key}, which is to be given first, run even if this one fails for good. Otherwise
	 * they wait until it has been retried with success, or deleted.
	 * @return another description
	 */
	public Dispatch lettingPass() {
		Assert.isTrue(this.options.has(Option.ORDERING_KEY),
				"To let others pass takes an ordering key: give that first");
		return with(Option.ON_FAILURE, "pass");
	}

	/**
	 * Has the job obey the limits of a queue.
	 * @param name of a queue that there is
	 * @return another description
	 */
	public Dispatch queue(String name) {
		return with(Option.QUEUE, ArgumentChecks.name("The name of the queue", name));
	}

	/**
	 * Has the job run before others.
	 * @param seconds how much longer those may have been due; 0 to 86,400
	 * @return another description
	 */
	public Dispatch priority(int seconds) {
		return with(Option.PRIORITY, ArgumentChecks.priority(seconds));
	}

	/**
	 * Keeps what comes of the job: the rows of the SQL as JSON, if it is a single
	 * statement that returns any; or what the handler returns.
	 * @param duration from the end of the job; a millisecond at the least
	 * @return another description
	 */
	public Dispatch keepResult(Duration duration) {
		return isSql() ? keep("rows", duration) : with(Option.KEEP_RESULT, requireResultTime(duration));
	}

	/**
	 * Keeps how many rows the SQL has returned or changed.
	 * @param duration from the end of the job; a millisecond at the least
	 * @return another description
	 */
	public Dispatch keepRowCount(Duration duration) {
		Assert.isTrue(isSql(), "Only SQL has a count of rows. Of a handler, keep the result");
		return keep("count", duration);
	}

	private Dispatch keep(String result, Duration duration) {
		Assert.isTrue(!this.options.has(Option.TRANSACTIONAL), "SQL outside of a transaction has no result to keep");
		return with(Option.RESULT, result).with(Option.KEEP_RESULT, requireResultTime(duration));
	}

	private static Duration requireResultTime(Duration duration) {
		return ArgumentChecks.lasting("The time to keep the result", duration);
	}

	/**
	 * Runs the SQL, a single statement, outside of a transaction and at least once: for
	 * what refuses to run in one, such as {@code VACUUM}.
	 * @return another description
	 */
	public Dispatch outsideTransaction() {
		Assert.isTrue(isSql(), "Only SQL can be run outside of a transaction. A method says itself what it runs in");
		Assert.isTrue(!this.options.has(Option.RESULT), "SQL outside of a transaction has no result to keep");
		return with(Option.TRANSACTIONAL, false);
	}

	private Dispatch with(Option option, Object value) {
		return new Dispatch(this.handler, this.content, this.delay, this.options.with(option, value));
	}

	private boolean isSql() {
		return this.handler == null;
	}

	@Nullable String handler() {
		return this.handler;
	}

	/**
	 * The SQL, or the arguments of the handler.
	 */
	String content() {
		return this.content;
	}

	Duration delay() {
		return this.delay;
	}

	/**
	 * Whether the job waits for some whole seconds at the least.
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
	 * Tells what is dispatched, without arguments and keys, which may be secret.
	 */
	@Override
	public String toString() {
		return (isSql() ? "SQL" : this.handler) + " in " + this.delay + " with " + this.options.values().keySet();
	}

}
