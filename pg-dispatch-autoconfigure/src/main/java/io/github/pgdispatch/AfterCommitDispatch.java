package io.github.pgdispatch;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Calling the annotated method dispatches a job in the current transaction, which runs
 * after its commit, and never if it rolls back. With SQL, that is what runs, inside
 * PostgreSQL, and the method's body does not. Without SQL, it is the body that runs, on
 * some node of the application, with the arguments of the call.
 *
 * <pre class="code">
 * &#64;Component
 * class SignUpSideEffects {
 *
 *     &#64;AfterCommitDispatch("SELECT refresh_statistics(:profileId)")
 *     void refreshStatistics(long profileId) {
 *     }
 *
 *     &#64;AfterCommitDispatch(command = "SELECT send_reminder(:profile.id)", delay = "20s")
 *     void remind(Profile profile) {
 *     }
 *
 *     &#64;AfterCommitDispatch
 *     void welcome(long profileId) {
 *         this.mailer.send(...);
 *     }
 *
 * }
 * </pre>
 *
 * <p>
 * The method returns {@code void}, or a {@code CompletableFuture} or
 * {@link DispatchResult} of the job's value, which the caller gets after the commit and
 * the end of the job: of SQL the rows, as a list of what a row is, a {@code JsonNode} or
 * the text of a JSON array, or their number, as a {@code Long}; of a body the value that
 * it returns in one that is completed. It belongs to a Spring bean, on the class or on
 * one of its interfaces; it must not be private, static or final, nor its class final:
 * the application does not start otherwise. The call has to come from another bean or
 * through an injected reference: what an object calls on itself does not pass through
 * Spring's proxy and so runs the body. It is made in the caller's transaction;
 * {@code @Async} and {@code @Retryable} on a method with SQL have no effect on it. The
 * annotation may be a meta-annotation of another.
 *
 * <p>
 * <strong>How often a body runs.</strong> A body with Spring's {@code @Transactional}, on
 * the database of the dispatch, commits what it does together with the removal of the
 * job: its effects there happen exactly once. Any other body runs at least once: again,
 * if the node dies, or is not heard of for as long as {@code pgdispatch.worker.lease},
 * after it began; so let it bear that.
 *
 * <p>
 * <strong>What fails</strong>, SQL or a body that throws, is run again, after a back-off
 * and up to {@link #maxAttempts} times. What a failed attempt of SQL or of a
 * transactional body did in the database has been undone by then; what another body has
 * done has not. After the last attempt, and at once after an error that would come again
 * or an exception of {@link #noRetryOn}, the job is kept in
 * {@code pgdispatch.dead_letter}. A body may say itself when to run it again, with a
 * {@link RetryAfterException}.
 *
 * <p>
 * <strong>Arguments</strong> of a method with a body are kept as JSON, by the names of
 * its parameters, through the application's {@code JsonMapper}. What does not come back
 * from that equal, or is a JPA entity, is refused at the call. A parameter that was added
 * to a method while there are jobs without it has to be an {@code Optional} or
 * {@code @Nullable}. A parameter of the type {@link DispatchContext} gets the job's own.
 * Nothing else comes along with the call, no security context and no thread-local
 * variables, but what a {@link DispatchPropagator} puts into the job's headers.
 *
 * @see PgDispatchTemplate
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface AfterCommitDispatch {

	/**
	 * Alias for {@link #command()}.
	 * @return the SQL
	 */
	@AliasFor("command")
	String value() default "";

	/**
	 * One or more SQL statements. A parameter of the method is written {@code :name}, and
	 * {@code :name.property} for a property of its value; see {@link PgDispatchTemplate}
	 * for their types. (The names are those in the source: compile with
	 * {@code -parameters}, as Spring Boot's plugins do.)
	 * @return the SQL, or an empty string for a method whose body is to run
	 */
	@AliasFor("value")
	String command() default "";

	/**
	 * How long after the start of the transaction the job is run at the earliest:
	 * {@code 20s}, {@code 1h30m} or ISO-8601's {@code PT20S}, truncated to whole seconds.
	 * {@code ${…}} placeholders are resolved when the application starts, and a
	 * {@code #{…}} expression is evaluated at each call, over the method's parameters as
	 * {@code #name}, to a {@link java.time.Duration} or a string as above.
	 * @return the delay, or an empty string for none
	 */
	String delay() default "";

	/**
	 * The name under which the jobs of a method with a body are kept: with it, jobs that
	 * were dispatched before the method, its class or its bean was renamed are still run.
	 * Unique in the application.
	 * @return the name, or an empty string for the bean's name and the method's, such as
	 * {@code signUpSideEffects.welcome}
	 */
	String name() default "";

	/**
	 * How many jobs of a method with a body each node runs at once, at the most. (All
	 * nodes together run as many times that number. It is also bounded by
	 * {@code pgdispatch.worker.concurrency}.)
	 * @return the number, which is positive
	 */
	int concurrency() default Integer.MAX_VALUE;

	/**
	 * How often the job is run at the most until it succeeds.
	 * @return the number, 1 for no retry, or 0 for {@code pgdispatch.retry.max-attempts}
	 */
	int maxAttempts() default 0;

	/**
	 * After which exceptions of a method with a body, and those that extend them, its job
	 * is run again. Of two classes that an exception is of, here and in
	 * {@link #noRetryOn}, the one that is closer to its own counts.
	 * @return the classes; none for all exceptions
	 */
	Class<? extends Throwable>[] retryOn() default {};

	/**
	 * After which exceptions of a method with a body, and those that extend them, its job
	 * is not run again, but a dead letter at once.
	 * @return the classes
	 */
	Class<? extends Throwable>[] noRetryOn() default {};

	/**
	 * How long the job waits after its first failure, such as {@code 5s}; see
	 * {@link BackOff}. May have {@code ${…}} placeholders, as the other two of the
	 * back-off may.
	 * @return the duration. If all three are empty, the back-off is that of
	 * {@code pgdispatch.retry}; if only some are, these are as in {@link BackOff#DEFAULT}
	 */
	String backOff() default "";

	/**
	 * How many times as long the job waits after each further failure.
	 * @return a number, one or more, or an empty string; see {@link #backOff}
	 */
	String backOffMultiplier() default "";

	/**
	 * How long the job waits at the most.
	 * @return the duration, or an empty string; see {@link #backOff}
	 */
	String maxBackOff() default "";

	/**
	 * How long an attempt may last: then SQL is cancelled in mid-statement, and the
	 * thread of a body is interrupted, and the attempt has failed. Takes placeholders and
	 * expressions like {@link #delay}.
	 * @return the duration, a millisecond at the least, or an empty string for
	 * {@code pgdispatch.time-limit}
	 */
	String timeLimit() default "";

	/**
	 * The idempotency key, such as {@code invoice #{#id}}: while a job with this key
	 * waits, a call dispatches nothing, and that job does not begin before the caller's
	 * transaction has ended. Up to 1,000 characters, and one for all that the
	 * application's role dispatches: methods that do not mean the same side effect need
	 * keys that differ. Takes placeholders and expressions like {@link #delay}; one that
	 * is null is refused at the call.
	 * @return the key, or an empty string for none
	 */
	String key() default "";

	/**
	 * What a call does while a job with the same {@link #key} waits.
	 * @return what it does
	 */
	OnDuplicate onDuplicate() default OnDuplicate.KEEP;

	/**
	 * For how long after the job is done, and while it runs, a call with its {@link #key}
	 * dispatches nothing either. Takes placeholders and expressions like {@link #delay}.
	 * @return the duration, or an empty string if the job loses its key when it begins
	 */
	String keepKey() default "";

	/**
	 * The key of jobs that are run one after the other, such as {@code account #{#id}},
	 * in the order of their commits where transactions do not overlap, and else of their
	 * dispatches. As for length, scope, placeholders and expressions it is like
	 * {@link #key}.
	 * @return the key, or an empty string for no order
	 */
	String orderingKey() default "";

	/**
	 * What becomes of the jobs behind one that fails for good, in the order of its
	 * {@link #orderingKey}.
	 * @return what becomes of them
	 */
	OnFailure onFailure() default OnFailure.HOLD;

	/**
	 * The name of the queue whose limits the job obeys. There has to be one of that name
	 * when the method is called. Takes placeholders and expressions like {@link #delay}.
	 * @return the name, or an empty string for none
	 */
	String queue() default "";

	/**
	 * Has the job run before others: before those without a priority that have been due
	 * for up to so many seconds longer.
	 * @return the number of seconds, 0 to 86,400
	 */
	int priority() default 0;

	/**
	 * Whether SQL is run in a transaction. What refuses one, such as {@code VACUUM}, is a
	 * single statement and runs outside of it, at least once.
	 * @return {@code false} to run it outside
	 */
	boolean transactional() default true;

	/**
	 * For how long after the job is done the rows of the SQL are kept, if it is a single
	 * statement that returns any, or what the body has returned. Takes placeholders and
	 * expressions like {@link #delay}.
	 * @return the duration, or an empty string to keep nothing
	 */
	String keepResult() default "";

	/**
	 * What a call does while a job with its key waits.
	 */
	enum OnDuplicate {

		/**
		 * Nothing: that job is run.
		 */
		KEEP,

		/**
		 * It puts its own arguments and delay in the place of that job's.
		 */
		REPLACE

	}

	/**
	 * What becomes of the jobs behind one that fails for good.
	 */
	enum OnFailure {

		/**
		 * They wait until it has been retried with success, or was deleted.
		 */
		HOLD,

		/**
		 * They are run.
		 */
		PASS

	}

}
