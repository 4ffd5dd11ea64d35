package io.github.pgdispatch;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Calling the annotated method dispatches its SQL, as {@link PgDispatchTemplate} does: it
 * runs inside PostgreSQL after the current transaction has committed, and never if that
 * rolls back. The method's body is not run.
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
 * }
 * </pre>
 *
 * <p>
 * The method returns {@code void} and belongs to a Spring bean, on the class or on one of
 * its interfaces; it must not be private, static or final, nor its class final: the
 * application does not start otherwise. The call has to come from another bean or through
 * an injected reference: what an object calls on itself does not pass through Spring's
 * proxy and so runs the body. It is made in the caller's transaction; {@code @Async} and
 * {@code @Retryable} on the same method have no effect on it. The annotation may be a
 * meta-annotation of another.
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
	 * @return the SQL
	 */
	@AliasFor("value")
	String command() default "";

	/**
	 * How long after the start of the transaction the SQL is run at the earliest:
	 * {@code 20s}, {@code 1h30m} or ISO-8601's {@code PT20S}, truncated to whole seconds.
	 * {@code ${…}} placeholders are resolved when the application starts, and a
	 * {@code #{…}} expression is evaluated at each call, over the method's parameters as
	 * {@code #name}, to a {@link java.time.Duration} or a string as above.
	 * @return the delay, or an empty string for none
	 */
	String delay() default "";

}
