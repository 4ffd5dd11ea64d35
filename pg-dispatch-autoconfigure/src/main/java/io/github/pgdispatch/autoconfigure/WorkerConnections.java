package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
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
		HikariConfig config = WorkerPoolSettings.derive(application, size);
		if (config == null) {
			logger.warn(
					"The workers take up to " + size + " connections at a time from " + application.getClass().getName()
							+ ", because pg-dispatch cannot determine the settings of that DataSource. If it is a pool,"
							+ " increase its size by this number");
			return new WorkerConnections(readCommitted(application), null);
		}
		HikariDataSource pool = new HikariDataSource(config);
		return new WorkerConnections(pool, pool);
	}

	private static DataSource readCommitted(DataSource application) {
		IsolationLevelDataSourceAdapter readCommitted = new IsolationLevelDataSourceAdapter();
		readCommitted.setTargetDataSource(application);
		readCommitted.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		return readCommitted;
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
