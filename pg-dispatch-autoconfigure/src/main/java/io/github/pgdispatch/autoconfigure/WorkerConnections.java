package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import io.github.pgdispatch.driver.DriverPhases;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.transaction.TransactionDefinition;

/**
 * The connections of the drivers: a small pool in addition to the pool of the
 * application, with the same database and the same user. A job may take hours, and should
 * not take a connection from the application for that time. The application also should
 * not get a connection whose settings were reset for the next job.
 *
 * <p>
 * All of them are closed when the drivers have stopped, and opened again with them. A
 * checkpoint of the JVM, for example, allows no open connection.
 */
final class WorkerConnections implements SmartLifecycle, DisposableBean {

	private static final OneLineLog logger = OneLineLog.of(WorkerConnections.class);

	private final DataSource dataSource;

	private final @Nullable ReopenedPool ownPool;

	private WorkerConnections(DataSource dataSource, @Nullable ReopenedPool ownPool) {
		this.dataSource = dataSource;
		this.ownPool = ownPool;
	}

	/**
	 * Creates a pool.
	 * @param application the {@code DataSource} of the application
	 * @param size the maximum number of connections
	 * @param database the name of the database, or {@code null} if there is only one
	 * @return the new pool, or the {@code DataSource} of the application if its settings
	 * cannot be determined
	 */
	static WorkerConnections beside(DataSource application, int size, @Nullable String database) {
		if (RoutingDataSources.isRouting(application)) {
			logger.warn("The workers of this node run the jobs of one database only: the one to which "
					+ application.getClass().getName()
					+ " routes outside of a transaction when the application starts");
		}
		HikariConfig config = WorkerPoolSettings.derive(application, size);
		if (config == null) {
			logger.warn(
					"The workers take up to " + size + " connections at a time from " + application.getClass().getName()
							+ ", because pg-dispatch cannot determine the settings of that DataSource. If it is a pool,"
							+ " increase its size by this number");
			return new WorkerConnections(readCommitted(application), null);
		}
		if (database != null) {
			config.setPoolName(config.getPoolName() + "-" + database);
		}
		ReopenedPool pool = new ReopenedPool(config);
		return new WorkerConnections(pool, pool);
	}

	private static DataSource readCommitted(DataSource application) {
		IsolationLevelDataSourceAdapter readCommitted = new IsolationLevelDataSourceAdapter();
		readCommitted.setTargetDataSource(application);
		readCommitted.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		return readCommitted;
	}

	/**
	 * Has the pool report its metrics, if the connections have a pool of their own.
	 * @param registry a registry that HikariCP knows
	 */
	void measure(Object registry) {
		if (this.ownPool != null) {
			this.ownPool.measure(registry);
		}
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	@Override
	public void start() {
		if (this.ownPool != null) {
			this.ownPool.reopen();
		}
	}

	@Override
	public void stop() {
		if (this.ownPool != null) {
			this.ownPool.close();
		}
	}

	/**
	 * Returns whether connections can be opened, which is the case before the start, too.
	 */
	@Override
	public boolean isRunning() {
		return this.ownPool != null && !this.ownPool.isClosed();
	}

	@Override
	public int getPhase() {
		return DriverPhases.CONNECTIONS;
	}

	@Override
	public void destroy() {
		stop();
	}

}
