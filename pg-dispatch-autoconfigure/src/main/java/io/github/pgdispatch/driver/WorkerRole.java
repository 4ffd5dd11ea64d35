package io.github.pgdispatch.driver;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.RoleGateway;
import io.github.pgdispatch.log.OneLineLog;

import org.springframework.dao.DataAccessException;

/**
 * The role of the workers. They run jobs of the role that they log in as, and no others.
 */
public final class WorkerRole {

	private static final OneLineLog logger = OneLineLog.of(WorkerRole.class);

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

}
