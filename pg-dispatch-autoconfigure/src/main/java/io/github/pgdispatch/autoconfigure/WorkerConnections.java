package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.driver.DriverPhases;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.transaction.TransactionDefinition;

/**
 * The connections of the drivers: a small pool in addition to the pool of the
 * application, with the same database and the same user. It may have an address and
 * credentials of its own. A job may take hours, and should not take a connection from the
 * application for that time. The application also should not get a connection whose
 * settings were reset for the next job.
 *
 * <p>
 * All of them are closed when the drivers have stopped, and opened again with them. A
 * checkpoint of the JVM, for example, allows no open connection.
 */
final class WorkerConnections implements SmartLifecycle, DisposableBean {

	private static final OneLineLog logger = OneLineLog.of(WorkerConnections.class);

	private final DataSource dataSource;

	private final @Nullable ReopenedPool ownPool;

	private final boolean apart;

	private WorkerConnections(DataSource dataSource, @Nullable ReopenedPool ownPool, boolean apart) {
		this.dataSource = dataSource;
		this.ownPool = ownPool;
		this.apart = apart;
	}

	/**
	 * Creates a pool with the settings of a {@code DataSource} that is not the one of the
	 * application.
	 * @param own the {@code DataSource} of the workers
	 * @param size the maximum number of connections
	 * @return the new pool, or that {@code DataSource} if its settings cannot be
	 * determined
	 */
	static WorkerConnections of(DataSource own, int size) {
		return create(own, WorkerLogin.SAME, size, true, null);
	}

	/**
	 * Creates a pool with the settings of the application.
	 * @param application the {@code DataSource} of the application
	 * @param login what the workers have of their own
	 * @param size the maximum number of connections
	 * @param database the name of the database, or {@code null} if there is only one
	 * @return the new pool, or the {@code DataSource} of the application if its settings
	 * cannot be determined
	 * @throws PgDispatchConfigurationException if the settings cannot be determined, and
	 * the workers have a login of their own
	 */
	static WorkerConnections beside(DataSource application, WorkerLogin login, int size, @Nullable String database) {
		return create(application, login, size, !login.isSame(), database);
	}

	private static WorkerConnections create(DataSource application, WorkerLogin login, int size, boolean apart,
			@Nullable String database) {
		if (RoutingDataSources.isRouting(application)) {
			logger.warn("The workers of this node run the jobs of one database only: the one to which "
					+ application.getClass().getName()
					+ " routes outside of a transaction when the application starts");
		}
		HikariConfig config = WorkerPoolSettings.derive(application, login, size);
		if (config == null && !login.isSame()) {
			throw new PgDispatchConfigurationException(
					"The properties pgdispatch.worker.datasource.* say how workers connect, and pg-dispatch cannot"
							+ " determine the other settings of " + application.getClass().getName() + ".",
					"Define a DataSource bean for the workers instead, and mark it with @PgDispatchWorkerDataSource.");
		}
		if (config == null) {
			logger.warn(
					"The workers take up to " + size + " connections at a time from " + application.getClass().getName()
							+ ", because pg-dispatch cannot determine the settings of that DataSource. If it is a pool,"
							+ " increase its size by this number");
			return new WorkerConnections(readCommitted(application), null, apart);
		}
		if (database != null) {
			config.setPoolName(config.getPoolName() + "-" + database);
		}
		ReopenedPool pool = new ReopenedPool(config);
		return new WorkerConnections(pool, pool, apart);
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

	/**
	 * Returns whether somebody has said how workers connect, so that this may be another
	 * database or another role than that of the application.
	 */
	boolean areApart() {
		return this.apart;
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
