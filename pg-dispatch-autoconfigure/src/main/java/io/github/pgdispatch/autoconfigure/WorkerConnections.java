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
 * Where the driver takes its connections from: a small pool beside the application's, to
 * the same database and as the same user. A job may take hours, for which the application
 * shall not miss a connection. Nor shall it be given one whose settings were reset for
 * the next job.
 */
final class WorkerConnections implements DisposableBean {

	private static final Log logger = LogFactory.getLog(WorkerConnections.class);

	/**
	 * Such a limit is meant for a statement, but the executor is a single one, however
	 * many jobs it runs.
	 */
	private static final String NO_TIMEOUT = "SET statement_timeout = 0";

	/**
	 * The least that the pool accepts.
	 */
	private static final long IDLE_MILLIS = 10_000;

	/**
	 * Nobody waits for a worker's connection but the application when it stops.
	 */
	private static final long CONNECTION_MILLIS = 5_000;

	private final DataSource dataSource;

	private final @Nullable HikariDataSource ownPool;

	private WorkerConnections(DataSource dataSource, @Nullable HikariDataSource ownPool) {
		this.dataSource = dataSource;
		this.ownPool = ownPool;
	}

	/**
	 * Makes a pool.
	 * @param application the application's {@code DataSource}
	 * @param size of the pool
	 * @return the pool, or the application's own if there is no telling how it connects
	 */
	static WorkerConnections beside(DataSource application, int size) {
		HikariConfig config = config(application);
		if (config == null) {
			logger.warn("The workers take up to " + size + " connections at a time from "
					+ application.getClass().getName()
					+ ", since pg-dispatch cannot tell how that connects. If it is a pool, let it be larger by as many");
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
			logger.debug("Not a DataSource that another can be derived from", ex);
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
