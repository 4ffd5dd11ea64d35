package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.pgdispatch.gateway.CommandOutcome;
import io.github.pgdispatch.gateway.FailedCommand;
import io.github.pgdispatch.gateway.WorkerSession;
import io.github.pgdispatch.log.OneLineLog;

/**
 * Logs failed attempts of SQL jobs, each once. Never logs the SQL of a job. Thread-safe.
 */
final class FailureLog {

	private static final OneLineLog logger = OneLineLog.of(FailureLog.class);

	/**
	 * Maximum number of failures of one call that are logged one by one.
	 */
	private static final int MAX_LINES = 100;

	/**
	 * Many times the number of failures that workers see at the same time.
	 */
	private static final int MAX_REMEMBERED = 1_000;

	/**
	 * A worker may see the failures of another one. Those that are logged are remembered.
	 */
	private final Set<FailedCommand> logged = new LinkedHashSet<>();

	/**
	 * Logs the jobs that a call has made dead letters. Their errors are in the database.
	 * @param session that made the call
	 * @param failed number of the jobs
	 * @param since the time at which the call began, in terms of
	 * {@link System#nanoTime()}
	 */
	void deadLetters(WorkerSession session, long failed, long since) {
		if (failed == 0) {
			return;
		}
		// A second more, in case the clock of the server was changed a little.
		Duration within = Duration.ofNanos(System.nanoTime() - since).plusSeconds(1);
		try {
			session.failed(within, MAX_LINES).forEach(this::deadLetter);
			if (failed > MAX_LINES) {
				logger.warn((failed - MAX_LINES) + " more SQL jobs failed for good. See the table"
						+ " pgdispatch.dead_letter");
			}
		}
		catch (SQLException | RuntimeException ex) {
			logger.warn(failed + " SQL job(s) failed for good. See the table pgdispatch.dead_letter");
			logger.debug("The dead letters could not be read", ex);
		}
	}

	/**
	 * Logs the attempts of a call that will be repeated.
	 * @param session that made the call
	 */
	void retries(WorkerSession session) {
		List<String> retries = session.retries();
		retries.stream().limit(MAX_LINES).forEach((retry) -> logger.warn(Causes.oneLine(retry)));
		if (retries.size() > MAX_LINES) {
			logger.warn((retries.size() - MAX_LINES) + " more attempts of SQL jobs failed and will be run again");
		}
	}

	private void deadLetter(FailedCommand failure) {
		if (remember(failure)) {
			logger.warn(describe(failure, "failed for good and is now in pgdispatch.dead_letter"));
		}
	}

	/**
	 * Logs the failed attempt of a non-transactional command.
	 */
	void nonTransactional(CommandOutcome outcome) {
		FailedCommand failure = outcome.failure();
		if (failure != null && outcome.isDead()) {
			deadLetter(failure);
		}
		else if (failure != null && "retried".equals(outcome.kind())) {
			logger.warn(describe(failure, "failed and will be run again"));
		}
	}

	private synchronized boolean remember(FailedCommand failure) {
		if (this.logged.size() >= MAX_REMEMBERED) {
			this.logged.remove(this.logged.iterator().next());
		}
		return this.logged.add(failure);
	}

	private static String describe(FailedCommand failure, String what) {
		return "SQL job " + failure.id() + " (attempt " + failure.attempt() + ") " + what + ", SQLSTATE "
				+ failure.sqlState() + ": " + Causes.oneLine(failure.message());
	}

}
