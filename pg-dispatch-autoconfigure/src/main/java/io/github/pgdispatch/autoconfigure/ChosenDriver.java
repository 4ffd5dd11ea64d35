package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Driver;
import io.github.pgdispatch.driver.PgCron;
import io.github.pgdispatch.log.OneLineLog;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Checks at the start of the application whether pg_cron can run jobs, and logs who runs
 * them.
 */
final class ChosenDriver implements SmartInitializingSingleton {

	private static final OneLineLog logger = OneLineLog.of(ChosenDriver.class);

	private final Driver choice;

	private final boolean application;

	private final PgCron pgCron;

	private final String jobs;

	/**
	 * Creates an instance.
	 * @param choice who is to run the jobs
	 * @param application whether this node has workers for SQL
	 * @param pgCron runs jobs as well
	 * @param database the name of the database, or {@code null} if there is only one
	 */
	ChosenDriver(Driver choice, boolean application, PgCron pgCron, @Nullable String database) {
		this.choice = choice;
		this.application = application;
		this.pgCron = pgCron;
		this.jobs = (database != null) ? "Jobs of the database " + database : "Jobs";
	}

	@Override
	public void afterSingletonsInstantiated() {
		switch (this.choice) {
			case AUTO -> logger.info(whoRunsTheJobs());
			case PG_CRON -> {
				this.pgCron.require();
				logger.info(this.jobs + " are run by pg_cron, and not by this node");
			}
			case APPLICATION -> {
			}
		}
	}

	private String whoRunsTheJobs() {
		String obstacle = this.pgCron.obstacle();
		if (this.application) {
			return (obstacle != null)
					? this.jobs + " are run by this node. While no node is alive, they wait, because " + obstacle
					: this.jobs + " are run by this node, and by pg_cron while no node is alive";
		}
		return (obstacle != null)
				? this.jobs
						+ " are run by other nodes, and not by this node. While no node is alive, they wait, because "
						+ obstacle
				: this.jobs + " are run by other nodes, or by pg_cron while no node is alive, and not by this node";
	}

}
