package io.github.pgdispatch.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the application, which apply to all its databases.
 *
 * @param timeLimit Time limit of an attempt, unless the job or its method has its own. No
 * limit if not set
 * @param retry Attempts of jobs that fail, unless the job or its method has its own
 * settings
 * @param tenants Databases of tenants
 * @param cronSchedules Whether nodes run schedules with cron expressions although no
 * annotation declares one, because they are made at run time
 */
@ConfigurationProperties(DatabaseProperties.PREFIX)
record PgDispatchProperties(@Nullable Duration timeLimit, @DefaultValue Retry retry, @DefaultValue Tenants tenants,
		@DefaultValue("false") boolean cronSchedules) {

	/**
	 * Attempts of jobs that fail.
	 *
	 * @param maxAttempts Maximum number of attempts, the first included
	 * @param backOff Time that a job waits after its first failed attempt
	 * @param backOffMultiplier Factor by which the back-off grows after each further
	 * failed attempt
	 * @param maxBackOff Maximum back-off
	 */
	record Retry(@DefaultValue("10") int maxAttempts, @DefaultValue("1s") Duration backOff,
			@DefaultValue("2") double backOffMultiplier, @DefaultValue("10m") Duration maxBackOff) {

	}

	/**
	 * Databases of tenants.
	 *
	 * @param concurrency Maximum number of tenants whose jobs this node looks for and
	 * runs at once. For each of them, it opens up to four connections in addition to
	 * pgdispatch.worker.threads
	 * @param interval Maximum time between two looks at a tenant for jobs that were
	 * dispatched elsewhere, and between two looks for new tenants
	 */
	record Tenants(@DefaultValue("4") int concurrency, @DefaultValue("1m") Duration interval) {

	}

}
