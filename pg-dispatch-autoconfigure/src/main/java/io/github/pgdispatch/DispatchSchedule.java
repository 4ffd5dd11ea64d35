package io.github.pgdispatch;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Dispatches the jobs of a method again and again. A job runs the body of the method, or
 * the SQL of the {@link AfterCommitDispatch} that the method has, too, for SQL or for
 * options. The method has no parameters, except for a {@link DispatchContext}. Whoever
 * calls it dispatches one more job.
 *
 * <pre class="code">
 * &#64;DispatchSchedule(cron = "0 0 6 * * MON-FRI", zone = "Europe/Berlin")
 * void writeReport() {
 *     ...
 * }
 *
 * &#64;AfterCommitDispatch("SELECT refresh_totals()")
 * &#64;DispatchSchedule(every = "10m")
 * void refreshTotals() {
 * }
 * </pre>
 *
 * <p>
 * Each due time has one job in the whole cluster. The application declares the schedule
 * in the database when it starts. A deployment whose annotation differs from that of the
 * last deployment changes the schedule; a start with the same annotation changes nothing,
 * so that a pause and a change at run time stay. A schedule whose annotation is gone
 * stays until it is removed with {@link PgDispatchOperations#removeSchedule(String)}.
 *
 * <p>
 * {@code ${…}} placeholders are resolved in all texts when the application starts. The
 * options of the job must not depend on a call, and cannot be a delay, an idempotency key
 * or a result.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@AfterCommitDispatch
public @interface DispatchSchedule {

	/**
	 * The name of the schedule, which identifies it among those of the role of the
	 * application.
	 * @return the name, or an empty string for the name under which the jobs of the
	 * method are listed, see {@link AfterCommitDispatch#name}
	 */
	String name() default "";

	/**
	 * The cron expression of Spring, such as {@code 0 0 6 * * MON-FRI}.
	 * @return the expression, or an empty string if the schedule has an interval
	 * @see org.springframework.scheduling.support.CronExpression
	 */
	String cron() default "";

	/**
	 * The time zone of the cron expression, such as {@code Europe/Berlin}. It is not that
	 * of the node, as nodes may differ.
	 * @return the id of the zone
	 */
	String zone() default "UTC";

	/**
	 * The time from one due time to the next, such as {@code 10m} or {@code PT10M}; at
	 * least one second. The first due time is one interval after the first start.
	 * @return the interval, or an empty string if the schedule has a cron expression
	 */
	String every() default "";

	/**
	 * What happens to due times that are missed.
	 * @return the choice
	 */
	Schedule.Missed missed() default Schedule.Missed.SKIP;

	/**
	 * Whether jobs of several due times may run at once, see
	 * {@link Schedule#overlapping()}.
	 * @return whether jobs may overlap
	 */
	boolean overlapping() default false;

	/**
	 * The name of the {@code DataSource} in whose database the schedule is, if the
	 * application has several.
	 * @return the name of the bean, or an empty string if there is only one
	 */
	String database() default "";

}
