package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.PgDispatchProperties.Driver;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.PgCron;
import io.github.pgdispatch.log.OneLineLog;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Checks at the start of the application whether pg_cron can run jobs, and logs who runs
 * them.
 */
final class ChosenDriver implements SmartInitializingSingleton {

	private static final OneLineLog logger = OneLineLog.of(ChosenDriver.class);

	private final Driver choice;

	private final ObjectProvider<ApplicationDriver> application;

	private final PgCron pgCron;

	ChosenDriver(Driver choice, ObjectProvider<ApplicationDriver> application, PgCron pgCron) {
		this.choice = choice;
		this.application = application;
		this.pgCron = pgCron;
	}

	@Override
	public void afterSingletonsInstantiated() {
		switch (this.choice) {
			case AUTO -> logger.info(whoRunsTheJobs());
			case PG_CRON -> {
				this.pgCron.require();
				logger.info("Jobs are run by pg_cron, and not by this node");
			}
			case APPLICATION -> {
			}
		}
	}

	private String whoRunsTheJobs() {
		String obstacle = this.pgCron.obstacle();
		if (this.application.getIfAvailable() != null) {
			return (obstacle != null)
					? "Jobs are run by this node. While no node is alive, they wait, because " + obstacle
					: "Jobs are run by this node, and by pg_cron while no node is alive";
		}
		return (obstacle != null)
				? "Jobs are run by other nodes, and not by this node. While no node is alive, they wait, because "
						+ obstacle
				: "Jobs are run by other nodes, or by pg_cron while no node is alive, and not by this node";
	}

}
