package io.github.pgdispatch;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Makes a call of the annotated method dispatch a job in the current transaction. The job
 * runs after the transaction has committed, and never if it rolls back. If the annotation
 * has SQL, the job runs the SQL inside PostgreSQL, and the body of the method does not
 * run. Without SQL, the job runs the body of the method on a node of the application,
 * with the arguments of the call.
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
 * <strong>Methods.</strong> The method belongs to a Spring bean and is declared by its
 * class or by one of its interfaces. It must not be private, static or final, and its
 * class must not be final; otherwise the application does not start. The call has to come
 * from another bean or through an injected reference. A call that an object makes on
 * itself does not pass through Spring's proxy, and runs the body. The call dispatches in
 * the transaction of the caller. {@code @Async} and {@code @Retryable} on a method with
 * SQL have no effect on the call. The annotation can be used as a meta-annotation.
 *
 * <p>
 * <strong>Results.</strong> The method returns {@code void}, or a
 * {@code CompletableFuture} or {@link DispatchResult} of the value of the job. The caller
 * gets the value after the transaction has committed and the job has ended. The value of
 * SQL is its rows, as a list of the type of a row, a {@code JsonNode} or the text of a
 * JSON array, or the number of its rows, as a {@code Long}. The value of a body is the
 * value of the completed {@code CompletableFuture} or {@link DispatchResult} that it
 * returns.
 *
 * <p>
 * <strong>Guarantees.</strong> The effects of a body with a transaction of its own, on
 * the database of the dispatch, happen exactly once, because the transaction also removes
 * the job. Only Spring's {@code @Transactional} on the method or on its class counts as a
 * transaction of its own. A transaction that the body begins in another way, for example
 * with a {@code TransactionTemplate} or in another bean, does not. Any other body runs at
 * least once. It runs again if its node dies or does not renew its lease for
 * {@code pgdispatch.worker.lease} after the body has begun. Such a body has to tolerate
 * that it runs more than once.
 *
 * <p>
 * <strong>Failures.</strong> SQL that fails and a body that throws an exception are run
 * again after a back-off, until they succeed or have had {@link #maxAttempts} attempts.
 * The database effects of a failed attempt of SQL or of a body with a transaction of its
 * own are undone. Other effects of a body are not. After the last attempt, the job is
 * kept in {@code pgdispatch.dead_letter}. It is kept there at once after an SQL error
 * that would occur again and after an exception of {@link #noRetryOn}. A body can throw a
 * {@link RetryAfterException} to choose the time of the next attempt.
 *
 * <p>
 * <strong>Arguments</strong> of a method with a body are stored as JSON by the names of
 * its parameters, with the {@code JsonMapper} of the application. The call throws an
 * {@link IllegalArgumentException} if an argument would not be equal after it has been
 * written and read, or if it is a JPA entity. A parameter that is added to a method while
 * jobs without it wait has to be an {@code Optional} or {@code @Nullable}. A parameter of
 * the type {@link DispatchContext} gets the context of the job. Neither the security
 * context nor thread-local variables are available to the job, unless a
 * {@link DispatchPropagator} transfers them in the headers of the job.
 *
 * @see PgDispatchTemplate
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface AfterCommitDispatch {

	/**
	 * Alias for {@link #command()}.
	 * @return the SQL, or an empty string for a method whose body jobs run
	 */
	@AliasFor("command")
	String value() default "";

	/**
	 * One or more SQL statements. A parameter of the method is written {@code :name}, and
	 * a property of its value {@code :name.property}. The supported types are those of
	 * {@link PgDispatchTemplate}. The names of the parameters are those in the source,
	 * which requires the compiler option {@code -parameters}. Spring Boot's plugins set
	 * it.
	 * @return the SQL, or an empty string for a method whose body jobs run
	 */
	@AliasFor("value")
	String command() default "";

	/**
	 * The delay from the start of the transaction, before which the job is not run, such
	 * as {@code 20s}, {@code 1h30m} or {@code PT20S}. It is truncated to whole seconds.
	 * <p>
	 * {@code ${…}} placeholders are resolved when the application starts. A {@code #{…}}
	 * expression is evaluated for each call, and can refer to the parameters of the
	 * method as {@code #name}. Its value is a {@link java.time.Duration} or a text as
	 * above.
	 * @return the delay, or an empty string for no delay
	 */
	String delay() default "";

	/**
	 * The name under which the jobs of the method are stored, listed and counted. For a
	 * method with a body it is the name of the handler, and for a method with SQL it is
	 * the {@linkplain Dispatch#label label} of its jobs. With a name, waiting jobs of a
	 * body are still run after the method, its class or its bean was renamed, or its bean
	 * is registered in another way: Spring names an imported bean after its class with
	 * its package. The name of a handler has to be unique in the application.
	 * @return the name, or an empty string for the name of the bean and the name of the
	 * method, such as {@code signUpSideEffects.welcome}
	 */
	String name() default "";

	/**
	 * Maximum number of jobs of a method with a body that one node runs at once. All
	 * nodes together can run this number times the number of nodes. A node also obeys
	 * {@code pgdispatch.worker.concurrency}.
	 * @return the maximum number of jobs, which is positive
	 */
	int concurrency() default Integer.MAX_VALUE;

	/**
	 * Maximum number of attempts, the first included.
	 * @return the maximum number, 1 for no retry, or 0 for
	 * {@code pgdispatch.retry.max-attempts}
	 */
	int maxAttempts() default 0;

	/**
	 * Exceptions of a method with a body, after which the job is run again. Subclasses
	 * are included. If an exception also matches {@link #noRetryOn}, the class that is
	 * closer to the class of the exception decides.
	 * @return the exception classes, or an empty array for all exceptions
	 */
	Class<? extends Throwable>[] retryOn() default {};

	/**
	 * Exceptions of a method with a body, after which the job becomes a dead letter at
	 * once. Subclasses are included.
	 * @return the exception classes
	 */
	Class<? extends Throwable>[] noRetryOn() default {};

	/**
	 * Time that the job waits after its first failed attempt, such as {@code 5s}; see
	 * {@link BackOff}. {@code ${…}} placeholders are resolved in this and in the other
	 * two attributes of the back-off.
	 * @return the back-off, or an empty string. If all three attributes are empty, the
	 * back-off of {@code pgdispatch.retry} applies. If only some are empty, they have the
	 * values of {@link BackOff#DEFAULT}
	 */
	String backOff() default "";

	/**
	 * Factor by which the back-off grows after each further failed attempt.
	 * @return a number from 1 to 1,000, or an empty string; see {@link #backOff}
	 */
	String backOffMultiplier() default "";

	/**
	 * Maximum back-off.
	 * @return the maximum back-off, or an empty string; see {@link #backOff}
	 */
	String maxBackOff() default "";

	/**
	 * Number of failed attempts of a method with a body, in a row and on all nodes
	 * together, after which its {@linkplain CircuitBreaker circuit breaker} trips, so
	 * that none of its jobs begins until a probe has succeeded. A lost connection to the
	 * database does not count as a failure. A queue can have a circuit breaker as well,
	 * which SQL needs.
	 * @return the number, or 0 for no circuit breaker
	 */
	int breakAfter() default 0;

	/**
	 * Time after which the circuit breaker lets one job begin as a probe, such as
	 * {@code 1m}. It is doubled after each probe that fails, up to an hour. {@code ${…}}
	 * placeholders are resolved.
	 * @return the time, or an empty string for one minute
	 */
	String breakFor() default "";

	/**
	 * Time limit of an attempt. After that time, running SQL is cancelled, or the thread
	 * of a body is interrupted, and the attempt has failed. Placeholders and expressions
	 * are supported as in {@link #delay}.
	 * @return the time limit, which is at least one millisecond, or an empty string for
	 * {@code pgdispatch.time-limit}
	 */
	String timeLimit() default "";

	/**
	 * The idempotency key, such as {@code invoice #{#id}}. While a job with this key
	 * waits, a call dispatches nothing, and that job does not begin before the
	 * transaction of the call has ended. A key has at most 1,000 bytes. All jobs of the
	 * role of the application share one set of keys, so that methods with different side
	 * effects need different keys. Placeholders and expressions are supported as in
	 * {@link #delay}. The call throws an {@link IllegalArgumentException} if the value of
	 * an expression is {@code null}.
	 * @return the key, or an empty string for none
	 */
	String key() default "";

	/**
	 * What a call does while a job with the same {@link #key} waits.
	 * @return the choice
	 */
	OnDuplicate onDuplicate() default OnDuplicate.KEEP;

	/**
	 * Time for which the {@link #key} is kept after the job has ended. A call with this
	 * key dispatches nothing until then, and while the job runs. Placeholders and
	 * expressions are supported as in {@link #delay}.
	 * @return the time, or an empty string if the job gives up its key when it begins
	 */
	String keepKey() default "";

	/**
	 * The ordering key, such as {@code account #{#id}}. Jobs with the same ordering key
	 * run one after the other: in the order of their commits if their transactions do not
	 * overlap, and otherwise in the order of their dispatches. The length, the scope,
	 * placeholders and expressions are as for {@link #key}.
	 * @return the ordering key, or an empty string for none
	 */
	String orderingKey() default "";

	/**
	 * What happens to the later jobs of the same {@link #orderingKey} when a job fails.
	 * @return the choice
	 */
	OnFailure onFailure() default OnFailure.HOLD;

	/**
	 * The name of the queue whose limits the job obeys. The queue has to exist when the
	 * method is called. Placeholders and expressions are supported as in {@link #delay}.
	 * @return the name, or an empty string for none
	 */
	String queue() default "";

	/**
	 * The fair key, such as {@code tenant #{#tenant}}, which requires a {@link #queue}.
	 * In a queue with {@code per-key}, the fair keys take turns, so that many jobs of one
	 * do not delay those of another. The length, placeholders and expressions are as for
	 * {@link #key}.
	 * @return the fair key, or an empty string for none
	 */
	String fairKey() default "";

	/**
	 * The priority of the job in seconds. A job with a priority of 30 runs before jobs
	 * without a priority that became due up to 30 seconds earlier.
	 * @return the priority, from 0 to 86,400
	 */
	int priority() default 0;

	/**
	 * Whether SQL is run in a transaction. Non-transactional SQL is a single statement
	 * that refuses to run in a transaction, such as {@code VACUUM}. It is run at least
	 * once.
	 * @return {@code false} for non-transactional SQL
	 */
	boolean transactional() default true;

	/**
	 * Time for which the result is kept after the job has ended. The result is the rows
	 * of the SQL, if it is a single statement that returns rows, or the return value of
	 * the body. Placeholders and expressions are supported as in {@link #delay}.
	 * @return the time, or an empty string to keep no result
	 */
	String keepResult() default "";

	/**
	 * What a call does while a job with the same key waits.
	 */
	enum OnDuplicate {

		/**
		 * Dispatch nothing. The waiting job is run.
		 */
		KEEP,

		/**
		 * Give the waiting job the arguments and the delay of this call.
		 */
		REPLACE

	}

	/**
	 * What happens to later jobs of the same ordering key when a job fails.
	 */
	enum OnFailure {

		/**
		 * Hold the later jobs while the job is retried and, if it becomes a dead letter,
		 * until that has been retried with success or was deleted.
		 */
		HOLD,

		/**
		 * Run the later jobs, also while the job waits for its next attempt.
		 */
		PASS

	}

}
