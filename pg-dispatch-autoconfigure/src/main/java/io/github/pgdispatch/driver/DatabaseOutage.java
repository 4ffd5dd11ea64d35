package io.github.pgdispatch.driver;

import java.time.Duration;

import org.apache.commons.logging.Log;

import org.springframework.util.backoff.BackOff;

/**
 * Logs once when the database is lost and once when it is back. Not thread-safe.
 */
final class DatabaseOutage {

	private final Log logger;

	private final String consequence;

	private final ReconnectBackOff backOff;

	private boolean logged;

	/**
	 * Creates an outage, which has not begun.
	 * @param logger of whoever uses the database
	 * @param consequence a sentence without a full stop
	 * @param backOff between attempts to reach the database
	 */
	DatabaseOutage(Log logger, String consequence, BackOff backOff) {
		this.logger = logger;
		this.consequence = consequence;
		this.backOff = new ReconnectBackOff(backOff);
	}

	/**
	 * Notes that the database could not be reached.
	 * @param cause the exception
	 * @return the delay before the next attempt
	 */
	Duration noticed(Throwable cause) {
		if (!this.logged) {
			this.logger.warn("Lost the database connection. " + this.consequence + ": " + cause);
			this.logger.debug("The cause:", cause);
			this.logged = true;
		}
		return this.backOff.next();
	}

	/**
	 * Notes that the database was reached.
	 */
	void ended() {
		if (this.logged) {
			this.logger.info("The database is back");
			this.logged = false;
		}
		this.backOff.reset();
	}

}
