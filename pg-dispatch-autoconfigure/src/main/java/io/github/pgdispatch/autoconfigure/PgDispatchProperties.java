package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How jobs are dispatched and run.
 *
 * @param transaction What a dispatch outside of a transaction does
 * @param driver Who runs the SQL jobs
 * @param timeLimit How long an attempt of a job may last, unless the job, or the method
 * that it calls, says otherwise. Any time, if not set
 * @param retry what becomes of jobs that fail
 * @param worker the workers of this node
 * @param queues Limits of queues, by their names, which are set when the application
 * starts
 */
@ConfigurationProperties("pgdispatch")
record PgDispatchProperties(@DefaultValue("required") Transaction transaction, @DefaultValue("auto") Driver driver,
		@Nullable Duration timeLimit, @DefaultValue Retry retry, @DefaultValue Worker worker,
		@DefaultValue Map<String, Queue> queues) {

	enum Transaction {

		/**
		 * It fails.
		 */
		REQUIRED,

		/**
		 * It commits by itself.
		 */
		SUPPORTS

	}

	enum Driver {

		/**
		 * The workers of this node, and pg_cron when no node is alive, where it can.
		 */
		AUTO,

		/**
		 * The workers of this node. The database is not asked for pg_cron.
		 */
		APPLICATION,

		/**
		 * The database's own workers, and none of this node. The application does not
		 * start where they cannot.
		 */
		PG_CRON

	}

	/**
	 * What becomes of jobs that fail, unless the job, or the method that it calls, says
	 * otherwise.
	 *
	 * @param maxAttempts How often a job is run at the most until it succeeds
	 * @param backOff How long it waits after its first failure
	 * @param backOffMultiplier After each further failure, it waits so many times as long
	 * @param maxBackOff How long it waits at the most
	 */
	record Retry(@DefaultValue("10") int maxAttempts, @DefaultValue("1s") Duration backOff,
			@DefaultValue("2") double backOffMultiplier, @DefaultValue("10m") Duration maxBackOff) {

	}

	/**
	 * The workers of this node.
	 *
	 * @param enabled Whether this node runs jobs. If not, it can still dispatch them
	 * @param threads Maximum number of SQL jobs that this node runs at once, unless the
	 * driver is pg-cron. Each takes a connection of its own, beside the application's
	 * pool, for as long as there is work
	 * @param concurrency Maximum number of methods that this node runs at once for jobs
	 * @param lease How long after the death of a node others take over the methods that
	 * it was running. A node that is not heard of for so long is taken for dead
	 * @param pollInterval How often this node looks for due jobs that nothing has told it
	 * of
	 * @param listen Whether this node has the database notify it of jobs that were
	 * dispatched elsewhere. Behind a connection pooler that pools transactions it cannot
	 */
	record Worker(@DefaultValue("true") boolean enabled, @DefaultValue("4") int threads,
			@DefaultValue("16") int concurrency, @DefaultValue("4s") Duration lease,
			@DefaultValue("5s") Duration pollInterval, @DefaultValue("true") boolean listen) {

	}

	/**
	 * Limits of a queue, which hold for all nodes and the database together.
	 *
	 * @param concurrency Maximum number of its jobs that run at once. Any number, if not
	 * set
	 * @param rate Maximum number of its jobs that are begun in each period. Any number,
	 * if not set
	 * @param per The period of the rate
	 */
	record Queue(@Nullable Integer concurrency, @Nullable Integer rate, @DefaultValue("1s") Duration per) {

	}

}
