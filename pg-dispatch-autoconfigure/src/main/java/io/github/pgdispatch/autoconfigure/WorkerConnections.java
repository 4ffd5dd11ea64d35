package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.transaction.TransactionDefinition;

/**
 * The connections of the drivers: a small pool in addition to the pool of the
 * application, with the same database and the same user. A job may take hours, and should
 * not take a connection from the application for that time. The application also should
 * not get a connection whose settings were reset for the next job.
 */
final class WorkerConnections implements DisposableBean {

	private static final Log logger = LogFactory.getLog(WorkerConnections.class);

	/**
	 * The timeout of a statement does not suit the executor, which is one statement that
	 * runs many jobs.
	 */
	private static final String NO_TIMEOUT = "SET statement_timeout = 0";

	/**
	 * The minimum that the pool accepts.
	 */
	private static final long IDLE_MILLIS = 10_000;

	/**
	 * Short, because only the shutdown of the application waits for such a connection.
	 */
	private static final long CONNECTION_MILLIS = 5_000;

	private final DataSource dataSource;

	private final @Nullable HikariDataSource ownPool;

	private WorkerConnections(DataSource dataSource, @Nullable HikariDataSource ownPool) {
		this.dataSource = dataSource;
		this.ownPool = ownPool;
	}

	/**
	 * Creates a pool.
	 * @param application the {@code DataSource} of the application
	 * @param size the maximum number of connections
	 * @return the new pool, or the {@code DataSource} of the application if its settings
	 * cannot be determined
	 */
	static WorkerConnections beside(DataSource application, int size) {
		HikariConfig config = config(application);
		if (config == null) {
			logger.warn(
					"The workers take up to " + size + " connections at a time from " + application.getClass().getName()
							+ ", because pg-dispatch cannot determine the settings of that DataSource. If it is a pool,"
							+ " increase its size by this number");
			return new WorkerConnections(readCommitted(application), null);
		}
		config.setPoolName("pg-dispatch");
		config.setMaximumPoolSize(size);
		config.setMinimumIdle(0);
		config.setIdleTimeout(IDLE_MILLIS);
		config.setConnectionTimeout(CONNECTION_MILLIS);
		config.setInitializationFailTimeout(-1);
		config.setLeakDetectionThreshold(0);
		config.setAutoCommit(true);
		config.setReadOnly(false);
		config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
		config.setSchema(null);
		config.setConnectionInitSql(NO_TIMEOUT);
		HikariDataSource pool = new HikariDataSource(config);
		return new WorkerConnections(pool, pool);
	}

	private static DataSource readCommitted(DataSource application) {
		IsolationLevelDataSourceAdapter readCommitted = new IsolationLevelDataSourceAdapter();
		readCommitted.setTargetDataSource(application);
		readCommitted.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		return readCommitted;
	}

	private static @Nullable HikariConfig config(DataSource application) {
		HikariDataSource pool = DataSourceUnwrapper.unwrap(application, HikariConfigMXBean.class,
				HikariDataSource.class);
		if (pool != null) {
			HikariConfig config = new HikariConfig();
			pool.copyStateTo(config);
			return config;
		}
		try (HikariDataSource derived = DataSourceBuilder.derivedFrom(application)
			.type(HikariDataSource.class)
			.build()) {
			HikariConfig config = new HikariConfig();
			derived.copyStateTo(config);
			return config;
		}
		catch (RuntimeException ex) {
			logger.debug("Another DataSource cannot be derived from this one", ex);
			return null;
		}
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	@Override
	public void destroy() {
		if (this.ownPool != null) {
			this.ownPool.close();
		}
	}

}
