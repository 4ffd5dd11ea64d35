package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.github.pgdispatch.driver.SharedSessions;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.util.Assert;

/**
 * A pool that can be closed, with all its connections and threads, and be opened again.
 * Thread-safe.
 */
final class ReopenedPool extends DelegatingDataSource {

	private static final OneLineLog logger = OneLineLog.of(ReopenedPool.class);

	private final HikariConfig config;

	private @Nullable HikariDataSource pool;

	private @Nullable Boolean sharesSessions;

	private boolean closed;

	ReopenedPool(HikariConfig config) {
		this.config = config;
	}

	/**
	 * Returns the pool, which is opened by the first call.
	 * @throws IllegalStateException if the pool is closed
	 */
	@Override
	public synchronized DataSource getTargetDataSource() {
		Assert.state(!this.closed, "The connections of the workers are closed, because the application has stopped");
		if (this.pool == null) {
			this.pool = open();
		}
		return this.pool;
	}

	private HikariDataSource open() {
		HikariConfig config = new HikariConfig();
		this.config.copyStateTo(config);
		if (shareSessions()) {
			// Others would have the settings that a connection makes for itself.
			config.setConnectionInitSql(null);
		}
		return new HikariDataSource(config);
	}

	private boolean shareSessions() {
		if (this.sharesSessions != null) {
			return this.sharesSessions;
		}
		HikariConfig config = new HikariConfig();
		this.config.copyStateTo(config);
		config.setConnectionInitSql(null);
		config.setMaximumPoolSize(2);
		// Otherwise the connection that finds out whether the database can be reached is
		// closed, and another one is opened.
		config.setMinimumIdle(1);
		config.setInitializationFailTimeout(1);
		config.setRegisterMbeans(false);
		if (config.getMetricsTrackerFactory() != null) {
			config.setMetricsTrackerFactory(null);
		}
		else {
			config.setMetricRegistry(null);
		}
		try (HikariDataSource connections = new HikariDataSource(config)) {
			boolean shared = SharedSessions.areBehind(connections);
			this.sharesSessions = shared;
			return shared;
		}
		catch (PoolInitializationException ex) {
			logger.debug("The database cannot be reached yet", ex);
			return false;
		}
	}

	/**
	 * Has the pool report its metrics, unless it does already.
	 * @param registry a registry that HikariCP knows
	 */
	synchronized void measure(Object registry) {
		if (this.config.getMetricRegistry() == null && this.config.getMetricsTrackerFactory() == null) {
			this.config.setMetricRegistry(registry);
			if (this.pool != null) {
				this.pool.setMetricRegistry(registry);
			}
		}
	}

	/**
	 * Lets the next call open the pool again.
	 */
	synchronized void reopen() {
		this.closed = false;
	}

	synchronized boolean isClosed() {
		return this.closed;
	}

	synchronized void close() {
		this.closed = true;
		if (this.pool != null) {
			this.pool.close();
			this.pool = null;
		}
	}

}
