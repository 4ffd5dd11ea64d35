package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.driver.Sleep;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.BindResult;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/**
 * Properties of one database: those of {@code pgdispatch}, and those of
 * {@code pgdispatch.data-sources.<bean>} on top, which may be set if the application has
 * several.
 *
 * @param transaction Behavior of a dispatch if there is no transaction
 * @param driver Workers that run the SQL jobs
 * @param worker Workers of this node
 * @param metrics Health and metrics of the queue
 * @param observations Observations of dispatches and jobs
 * @param history Jobs that have ended
 * @param queues Limits of queues by the name of the queue. They are set when the
 * application starts
 * @param schema Installation of the schema
 */
@ConfigurationProperties(DatabaseProperties.PREFIX)
record DatabaseProperties(@DefaultValue("required") Transaction transaction, @DefaultValue("auto") Driver driver,
		@DefaultValue Worker worker, @DefaultValue Metrics metrics, @DefaultValue Observations observations,
		@DefaultValue History history, @DefaultValue Map<String, Queue> queues, @DefaultValue Schema schema) {

	static final String PREFIX = "pgdispatch";

	/**
	 * The properties that one of several databases has of its own, by the name of the
	 * bean of its {@code DataSource}.
	 */
	static final String DATA_SOURCES = PREFIX + ".data-sources";

	/**
	 * Reads the properties of a database.
	 * @param environment has the properties of the application
	 * @param bean the name of the bean of its {@code DataSource}, or {@code null} if that
	 * has no properties of its own
	 * @return the properties
	 * @throws BindException if one of them cannot be read, or is there and does not exist
	 */
	static DatabaseProperties of(Environment environment, @Nullable String bean) {
		Binder binder = Binder.get(environment);
		DatabaseProperties general = binder.bindOrCreate(PREFIX, DatabaseProperties.class);
		if (bean == null || !binder
			.bind(prefix(bean), Bindable.of(DatabaseProperties.class),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()))
			.isBound()) {
			return general;
		}
		List<ConfigurationPropertySource> sources = new ArrayList<>();
		for (String prefix : List.of(prefix(bean), PREFIX)) {
			ConfigurationPropertyName ancestor = ConfigurationPropertyName.of(prefix);
			ConfigurationPropertySources.get(environment)
				.forEach((source) -> sources.add(source.filter(ancestor::isAncestorOf).withPrefix(prefix)));
		}
		return new Binder(sources, new PropertySourcesPlaceholdersResolver(environment))
			.bindOrCreate(ConfigurationPropertyName.EMPTY, Bindable.of(DatabaseProperties.class), BindHandler.DEFAULT);
	}

	/**
	 * Reads one property of a database.
	 * @return its value, or {@code null} if it is not set
	 */
	static <T> @Nullable T one(Environment environment, @Nullable String bean, String name, Class<T> type) {
		Binder binder = Binder.get(environment);
		if (bean != null) {
			BindResult<T> own = binder.bind(prefix(bean) + "." + name, type);
			if (own.isBound()) {
				return own.get();
			}
		}
		return binder.bind(PREFIX + "." + name, type).orElse(null);
	}

	/**
	 * Makes sure that there are properties of databases only that the application has.
	 * @param environment has the properties of the application
	 * @param beans the names of the beans of their {@code DataSource}s
	 * @throws PgDispatchConfigurationException if there are others
	 */
	static void requireKnown(Environment environment, Collection<String> beans) {
		Set<String> known = beans.stream().map(DatabaseProperties::uniform).collect(Collectors.toSet());
		Map<String, Object> all = Binder.get(environment)
			.bind(DATA_SOURCES, Bindable.mapOf(String.class, Object.class))
			.orElse(Map.of());
		for (String name : all.keySet()) {
			if (!known.contains(uniform(name))) {
				throw new PgDispatchConfigurationException(
						"There are properties " + DATA_SOURCES + "." + name
								+ ".*, and no DataSource bean of this name is marked with @PgDispatchDataSource. "
								+ (beans.isEmpty() ? "None is marked."
										: "Marked are " + String.join(", ", beans) + "."),
						beans.isEmpty()
								? "Mark the DataSource with @PgDispatchDataSource, or use the properties " + PREFIX
										+ ".* of all databases."
								: "Correct the name, or mark the DataSource with @PgDispatchDataSource.");
			}
		}
	}

	private static String prefix(String bean) {
		return DATA_SOURCES + "." + uniform(bean);
	}

	/**
	 * Returns the form that all spellings of a name in properties share.
	 */
	private static String uniform(String name) {
		return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
	}

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
	 * @param per Period of the rate, or of the rate of each fair key
	 * @param perKey Maximum number of jobs of the same fair key that run at once, where
	 * the fair keys take turns. It needs a concurrency, and excludes a rate. Fair keys do
	 * not take turns if not set
	 * @param ratePerKey Maximum number of jobs of the same fair key that begin in each
	 * period. It needs the number of jobs per key. No limit if not set
	 * @param breakAfter Number of failed attempts in a row after which the circuit
	 * breaker of the queue trips, so that its jobs wait for a probe to succeed. It needs
	 * a concurrency. No circuit breaker if not set
	 * @param breakFor Time after which the circuit breaker lets a job begin as a probe.
	 * It is doubled after each probe that fails, up to an hour
	 * @param historyRetention Time for which ended jobs of the queue are kept at least; 0
	 * to keep none. If not set, they are kept as long as other jobs
	 */
	record Queue(@Nullable Integer concurrency, @Nullable Integer rate, @DefaultValue("1s") Duration per,
			@Nullable Integer perKey, @Nullable Integer ratePerKey, @Nullable Integer breakAfter,
			@DefaultValue("1m") Duration breakFor, @Nullable Duration historyRetention) {

	}

	/**
	 * Installation of the schema.
	 *
	 * @param mode Way in which the schema 'pgdispatch' is installed when the application
	 * starts
	 * @param grantTo Roles that can dispatch and run jobs in addition to the owner of the
	 * schema
	 */
	record Schema(@DefaultValue("liquibase") Mode mode, @DefaultValue List<String> grantTo) {

		enum Mode {

			/**
			 * Liquibase installs and upgrades the schema.
			 */
			LIQUIBASE,

			/**
			 * JDBC runs the same scripts without Liquibase.
			 */
			JDBC,

			/**
			 * The schema is installed by other means. The application does not start
			 * without it.
			 */
			VALIDATE,

			/**
			 * The schema is installed by other means. The application does not check it.
			 */
			NONE

		}

	}

}
