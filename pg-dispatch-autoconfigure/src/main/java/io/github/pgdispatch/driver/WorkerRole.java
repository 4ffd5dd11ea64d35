package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.gateway.RoleGateway;
import io.github.pgdispatch.gateway.SessionPlace;
import io.github.pgdispatch.log.OneLineLog;

import org.springframework.dao.DataAccessException;

/**
 * The role of the workers, and their database. They run jobs of the role that they log in
 * as, and no others.
 */
public final class WorkerRole {

	private static final OneLineLog logger = OneLineLog.of(WorkerRole.class);

	private static final String WHERE = "pgdispatch.worker.datasource.* or the DataSource that is marked with"
			+ " @PgDispatchWorkerDataSource";

	private final RoleGateway application;

	private final RoleGateway workers;

	/**
	 * Creates an instance.
	 * @param application the {@code DataSource} whose sessions dispatch
	 * @param workers the {@code DataSource} whose sessions run jobs
	 */
	public WorkerRole(DataSource application, DataSource workers) {
		this.application = new RoleGateway(application);
		this.workers = new RoleGateway(workers);
	}

	/**
	 * Warns if this node dispatches as another role than its workers have, for example
	 * because the pool of the application changes the role of its sessions.
	 */
	public void compare() {
		try {
			String dispatching = this.application.currentRole();
			String working = this.workers.currentRole();
			if (!dispatching.equals(working)) {
				logger.warn("This node does not run the jobs that it dispatches. It dispatches as the role "
						+ dispatching + ", and its workers are logged in as " + working
						+ ". Let the application log in as " + dispatching
						+ " instead of changing the role of its sessions with SET ROLE. If other nodes"
						+ " run the jobs, set pgdispatch.worker.enabled=false");
			}
		}
		catch (DataAccessException | IllegalStateException ex) {
			logger.debug("The roles cannot be compared", ex);
		}
	}

	/**
	 * Makes sure that workers which connect in a way of their own have the database and
	 * the role of the application. Does nothing if the application has no connection.
	 * @throws PgDispatchConfigurationException if they have not, or cannot connect
	 */
	public void requireSameDatabase() {
		long lock = ThreadLocalRandom.current().nextLong();
		try {
			this.application.whileLocked(lock, (place) -> requireSame(place, lock));
		}
		catch (SQLException ex) {
			logger.debug("The databases cannot be compared", ex);
		}
	}

	private void requireSame(SessionPlace dispatching, long lock) {
		SessionPlace working = workers(lock);
		if (working.locked()) {
			throw new PgDispatchConfigurationException(
					"The workers of this node would not find the jobs that it dispatches: they connect to the database "
							+ working + ", and the application connects to the database " + dispatching + ".",
					"Correct " + WHERE + ". Workers need the database in which the application dispatches.");
		}
		if (!working.role().equals(dispatching.role())) {
			throw new PgDispatchConfigurationException(
					"The workers of this node would not run the jobs that it dispatches: they log in as the role "
							+ working.role() + ", and the application dispatches as the role " + dispatching.role()
							+ ".",
					"Correct " + WHERE
							+ ". Workers run the jobs of the role that they log in as. If other nodes run the"
							+ " jobs, set pgdispatch.worker.enabled=false.");
		}
	}

	private SessionPlace workers(long lock) {
		try {
			return this.workers.look(lock);
		}
		catch (SQLException ex) {
			throw new PgDispatchConfigurationException(
					"The workers of this node cannot connect to the database: " + Causes.describe(ex) + ".",
					"Correct " + WHERE + ", or make the database available.", ex);
		}
	}

}
