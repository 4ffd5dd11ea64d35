package io.github.pgdispatch.driver;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.gateway.CronGateway;
import io.github.pgdispatch.gateway.CronReport;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;

/**
 * pg_cron as the driver: the database schedules workers of its own, and this node does
 * not take part. It only asks the database whether pg_cron can run the jobs.
 */
public final class PgCron {

	private final CronGateway gateway;

	/**
	 * Creates a driver.
	 * @param dataSource of sessions that dispatch
	 */
	public PgCron(DataSource dataSource) {
		this.gateway = new CronGateway(dataSource);
	}

	/**
	 * Returns why pg_cron cannot run the jobs.
	 * @return a clause, or {@code null} if pg_cron can run them
	 */
	public @Nullable String obstacle() {
		try {
			CronObstacle obstacle = CronObstacle.in(this.gateway.report());
			return (obstacle != null) ? obstacle.reason() : null;
		}
		catch (DataAccessException ex) {
			return "the database does not say whether pg_cron could run them (" + firstLine(ex) + ")";
		}
	}

	/**
	 * Makes sure that pg_cron runs the jobs.
	 * @throws PgDispatchConfigurationException if pg_cron cannot run them; it says what
	 * to do
	 */
	public void require() {
		CronObstacle obstacle = CronObstacle.in(report());
		if (obstacle != null) {
			throw new PgDispatchConfigurationException(
					"pgdispatch.driver is pg-cron, but " + obstacle.reason() + ", so that nobody would run the jobs.",
					obstacle.remedy() + " Or let the application run the jobs: set pgdispatch.driver to auto.");
		}
	}

	private CronReport report() {
		try {
			return this.gateway.report();
		}
		catch (NonTransientDataAccessResourceException ex) {
			throw ex;
		}
		catch (DataAccessException ex) {
			throw new PgDispatchConfigurationException(
					"pgdispatch.driver is pg-cron, but the database does not say whether pg_cron could run the jobs: "
							+ firstLine(ex) + ".",
					"Install the schema pgdispatch, and grant it to the role of the application. "
							+ "Set pgdispatch.schema.mode to validate to be told what is missing.",
					ex);
		}
	}

	private static String firstLine(DataAccessException ex) {
		return String.valueOf(ex.getMostSpecificCause().getMessage()).lines().findFirst().orElse("");
	}

}
