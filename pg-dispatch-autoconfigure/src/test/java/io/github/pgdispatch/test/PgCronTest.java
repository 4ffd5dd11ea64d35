package io.github.pgdispatch.test;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class whose constructor or methods take a {@link PgCronServer}, or the
 * {@link TestDatabase} of it in which pg_cron is. No other class has the server, and no
 * other test at the same time. Where there is none to be had, the tests are skipped, or
 * fail if the environment has {@code CI=true}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(PgCronExtension.class)
public @interface PgCronTest {

	/**
	 * The server's configuration, such as {@code cron.max_running_jobs=40}.
	 */
	String[] value() default {};

}
