package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.Map;

import io.github.pgdispatch.driver.Sleep;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties for the dispatch and the execution of jobs.
 *
 * @param transaction Behavior of a dispatch if there is no transaction
 * @param driver Workers that run the SQL jobs
 * @param timeLimit Time limit of an attempt, unless the job or its method has its own. No
 * limit if not set
 * @param retry Attempts of jobs that fail, unless the job or its method has its own
 * settings
 * @param worker Workers of this node
 * @param metrics Health and metrics of the queue
 * @param history Jobs that have ended
 * @param observations Observations of dispatches and jobs
 * @param queues Limits of queues by the name of the queue. They are set when the
 * application starts
 * @param tenants Databases of tenants
 * @param cronSchedules Whether nodes run schedules with cron expressions although no
 * annotation declares one, because they are made at run time
 */
@ConfigurationProperties("pgdispatch")
record PgDispatchProperties(@DefaultValue("required") Transaction transaction, @DefaultValue("auto") Driver driver,
		@Nullable Duration timeLimit, @DefaultValue Retry retry, @DefaultValue Worker worker,
		@DefaultValue Metrics metrics, @DefaultValue Observations observations, @DefaultValue History history,
		@DefaultValue Map<String, Queue> queues, @DefaultValue Tenants tenants,
		@DefaultValue("false") boolean cronSchedules) {

	enum Transaction {

		/**
		 * A dispatch without a transaction fails.
		 */
		REQUIRED,

		/**
		 * A dispatch without a transaction commits by itself.
		 */
		SUPPORTS

	}

	enum Driver {

		/**
		 * The workers of this node, and those of pg_cron while no node is alive.
		 */
		AUTO,

		/**
		 * The workers of this node. The application does not check whether pg_cron is
		 * available.
		 */
		APPLICATION,

		/**
		 * The workers of pg_cron in the database, and not those of this node. The
		 * application does not start if pg_cron cannot run the jobs.
		 */
		PG_CRON

	}

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
	 * Health and metrics of the queue.
	 *
	 * @param interval Time between two counts of the queue, on each node that has a
	 * health indicator or metrics
	 */
	record Metrics(@DefaultValue("30s") Duration interval) {

	}

	/**
	 * Jobs that have ended.
	 *
	 * @param retention Minimum time for which ended jobs of the role are kept; 0 to keep
	 * none. The application sets it in the database when it starts. If not set, the
	 * database keeps what it kept before, which is nothing at first
	 */
	record History(@Nullable Duration retention) {

	}

	/**
	 * Observations of dispatches and jobs.
	 *
	 * @param sqlComment Whether SQL begins with a comment that names the trace of its
	 * dispatch
	 */
	record Observations(@DefaultValue("false") boolean sqlComment) {

	}

	/**
	 * Workers of this node.
	 *
	 * @param enabled Whether this node runs jobs. A node that does not run jobs can still
	 * dispatch them
	 * @param threads Maximum number of SQL jobs that this node runs at once, unless the
	 * driver is pg-cron. Each job takes a connection in addition to the pool of the
	 * application
	 * @param concurrency Maximum number of methods that this node runs at once for jobs
	 * @param lease Time after which a node without a heartbeat is considered dead, so
	 * that other nodes run its jobs
	 * @param pollInterval Interval at which this node looks for due jobs of which it was
	 * not notified. 5 seconds if not set, and never while the node is asleep
	 * @param listen Whether the database notifies this node of jobs that were dispatched
	 * elsewhere. Not possible behind a connection pooler in transaction mode
	 * @param idle What this node does while it has nothing to do
	 * @param datasource Connections of the workers
	 */
	record Worker(@DefaultValue("true") boolean enabled, @DefaultValue("4") int threads,
			@DefaultValue("16") int concurrency, @DefaultValue("4s") Duration lease, @Nullable Duration pollInterval,
			@DefaultValue("true") boolean listen, @DefaultValue("listen") Idle idle,
			@DefaultValue Datasource datasource) {

		private static final Duration POLL_INTERVAL = Duration.ofSeconds(5);

		/**
		 * Returns the poll interval of a node that is awake.
		 */
		Duration pollIntervalAwake() {
			return (this.pollInterval != null) ? this.pollInterval : POLL_INTERVAL;
		}

		/**
		 * Returns how this node sleeps, or {@code null} if it does not.
		 */
		@Nullable Sleep sleep() {
			return (this.idle == Idle.SLEEP) ? new Sleep(this.pollInterval) : null;
		}

		enum Idle {

			/**
			 * It keeps a connection, on which it is notified, and polls.
			 */
			LISTEN,

			/**
			 * It has no connection and sends nothing. Its own dispatches wake it, and the
			 * due times of jobs. It polls only if a poll interval is set.
			 */
			SLEEP

		}

		/**
		 * Connections of the workers.
		 *
		 * @param url JDBC URL by which the workers connect to the database of the
		 * application, for example beside a connection pooler. That of the application if
		 * not set
		 * @param username Login user of the workers. That of the application if not set
		 * @param password Login password of the workers. That of the application if not
		 * set
		 */
		record Datasource(@Nullable String url, @Nullable String username, @Nullable String password) {

		}

	}

	/**
	 * Limits of a queue, which apply to all nodes and the database together.
	 *
	 * @param concurrency Maximum number of jobs of the queue that run at once. No limit
	 * if not set
	 * @param rate Maximum number of jobs of the queue that begin in each period. No limit
	 * if not set
	 * @param per Period of the rate
	 * @param perKey Maximum number of jobs of the same fair key that run at once, where
	 * the fair keys take turns. It needs a concurrency, and excludes a rate. Fair keys do
	 * not take turns if not set
	 * @param breakAfter Number of failed attempts in a row after which the circuit
	 * breaker of the queue trips, so that its jobs wait for a probe to succeed. It needs
	 * a concurrency. No circuit breaker if not set
	 * @param breakFor Time after which the circuit breaker lets a job begin as a probe.
	 * It is doubled after each probe that fails, up to an hour
	 * @param historyRetention Time for which ended jobs of the queue are kept at least; 0
	 * to keep none. If not set, they are kept as long as other jobs
	 */
	record Queue(@Nullable Integer concurrency, @Nullable Integer rate, @DefaultValue("1s") Duration per,
			@Nullable Integer perKey, @Nullable Integer breakAfter, @DefaultValue("1m") Duration breakFor,
			@Nullable Duration historyRetention) {

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
