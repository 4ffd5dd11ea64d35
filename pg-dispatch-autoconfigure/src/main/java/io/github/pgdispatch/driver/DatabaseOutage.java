package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

import io.github.pgdispatch.log.OneLineLog;

import org.springframework.util.backoff.BackOff;

/**
 * Logs and reports once when the database is lost and once when it is back. Not
 * thread-safe.
 */
final class DatabaseOutage {

	private final OneLineLog logger;

	private final String consequence;

	private final ReconnectBackOff backOff;

	private final DriverReports reports;

	/**
	 * The reasons that have been logged. The connection may be lost for one reason, and
	 * may not be opened again for another.
	 */
	private final Set<String> logged = new HashSet<>();

	/**
	 * Creates an outage, which has not begun.
	 * @param logger of whoever uses the database
	 * @param consequence a sentence without a full stop
	 * @param backOff between attempts to reach the database
	 * @param reports of the driver
	 */
	DatabaseOutage(OneLineLog logger, String consequence, BackOff backOff, DriverReports reports) {
		this.logger = logger;
		this.consequence = consequence;
		this.backOff = new ReconnectBackOff(backOff);
		this.reports = reports;
	}

	/**
	 * Notes that the database could not be reached.
	 * @param cause the exception
	 * @return the delay before the next attempt
	 */
	Duration noticed(Throwable cause) {
		boolean first = this.logged.isEmpty();
		if (this.logged.add(reason(cause))) {
			this.logger.warn(effect(cause, first) + this.consequence + ": " + Causes.describe(cause));
			this.logger.debug("The cause:", cause);
		}
		if (first) {
			this.reports.lost(Causes.describe(cause));
		}
		return this.backOff.next();
	}

	/**
	 * Notes that the database was reached.
	 */
	void ended() {
		if (!this.logged.isEmpty()) {
			this.logger.info("The database is back");
			this.logged.clear();
			this.reports.back();
		}
		this.backOff.reset();
	}

	/**
	 * What the database refuses, for example because a privilege is missing, does not
	 * come back by itself.
	 */
	private static String effect(Throwable cause, boolean first) {
		if (Causes.anySql(cause, (ex) -> String.valueOf(ex.getSQLState()).matches("42.*|3F.*|0A.*"))) {
			return "The database refuses what this node needs. ";
		}
		if (!LostDatabase.isCauseOf(cause)) {
			return "The database answered with an error. ";
		}
		return first ? "Lost the database connection. " : "The database connection is still lost. ";
	}

	/**
	 * The text of an exception is not a reason, because it may have varying parts.
	 */
	private static String reason(Throwable cause) {
		Throwable first = Causes.first(cause);
		return first.getClass().getName() + ((first instanceof SQLException sql) ? sql.getSQLState() : "");
	}

}
