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
 * The method returns {@code void} and belongs to a Spring bean, on the class or on one of
 * its interfaces; it must not be private, static or final, nor its class final: the
 * application does not start otherwise. The call has to come from another bean or through
 * an injected reference: what an object calls on itself does not pass through Spring's
 * proxy and so runs the body. It is made in the caller's transaction; {@code @Async} and
 * {@code @Retryable} on a method with SQL have no effect on it. The annotation may be a
 * meta-annotation of another.
 *
 * <p>
 * <strong>How often a body runs.</strong> A body with Spring's {@code @Transactional}, on
 * the database of the dispatch, commits what it does together with the removal of the
 * job: its effects there happen exactly once. Any other body runs at least once: again,
 * if the node dies, or is not heard of for as long as {@code pgdispatch.worker.lease},
 * after it began; so let it bear that. If it throws, the job is kept in
 * {@code pgdispatch.dead_letter} with the exception, and not run again. (But a
 * transactional one that failed as it lost its connection is, up to five times.)
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

}
