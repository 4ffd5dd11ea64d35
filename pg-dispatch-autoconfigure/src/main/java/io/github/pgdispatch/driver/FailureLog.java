package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.gateway.CommandOutcome;
import io.github.pgdispatch.gateway.FailedCommand;
import io.github.pgdispatch.gateway.RetryMessage;
import io.github.pgdispatch.gateway.WorkerSession;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * Logs and reports failed attempts of SQL jobs, each once, and never the SQL of a job.
 * Thread-safe.
 */
final class FailureLog {

	private static final OneLineLog logger = OneLineLog.of(FailureLog.class);

	/**
	 * Maximum number of failures of one call that are logged one by one.
	 */
	private static final int MAX_LINES = 100;

	/**
	 * Maximum number of failures of one call that are reported.
	 */
	private static final int MAX_REPORTED = 1_000;

	/**
	 * Many times the number of failures that workers see at the same time.
	 */
	private static final int MAX_REMEMBERED = 5_000;

	private final DriverReports reports;

	/**
	 * A worker may see the failures of another one. Those that are logged are remembered.
	 */
	private final Set<Failure> logged = new LinkedHashSet<>();

	FailureLog(DriverReports reports) {
		this.reports = reports;
	}

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
			// Other workers may have failed jobs meanwhile.
			int read = (int) Math.min(failed + MAX_LINES, MAX_REPORTED);
			List<FailedCommand> failures = session.failed(within, read).stream().filter(this::remember).toList();
			failures.stream().limit(MAX_LINES).forEach(FailureLog::logDeadLetter);
			failures.forEach(this::reportDeadLetter);
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
		retries.forEach((retry) -> {
			FailedCommand failure = RetryMessage.read(retry);
			if (failure != null) {
				retried(failure);
			}
		});
	}

	private static void logDeadLetter(FailedCommand failure) {
		logger.warn(describe(failure, "failed for good and is now in pgdispatch.dead_letter"));
	}

	private void reportDeadLetter(FailedCommand failure) {
		this.reports.deadLetter(new DeadLetterEvent(failure.id(), null, failure.label(), failure.attempt(),
				failure.sqlState(), Causes.oneLine(failure.message())));
	}

	private void retried(FailedCommand failure) {
		this.reports.attemptFailed(new AttemptFailedEvent(failure.id(), null, failure.label(), failure.attempt(),
				failure.sqlState(), Causes.oneLine(failure.message())));
	}

	/**
	 * Logs the failed attempt of a non-transactional command.
	 */
	void nonTransactional(CommandOutcome outcome) {
		FailedCommand failure = outcome.failure();
		if (failure != null && outcome.isDead()) {
			remember(failure);
			logDeadLetter(failure);
			reportDeadLetter(failure);
		}
		else if (failure != null && "retried".equals(outcome.kind())) {
			logger.warn(describe(failure, "failed and will be run again"));
			retried(failure);
		}
	}

	/**
	 * Notes a dead letter. A job that was retried may become one again, but at another
	 * time. Of those that were noted without a time, another worker may read it.
	 * @return whether it was not noted before
	 */
	private synchronized boolean remember(FailedCommand failure) {
		if (this.logged.size() >= MAX_REMEMBERED) {
			this.logged.remove(this.logged.iterator().next());
		}
		boolean noted = this.logged.remove(new Failure(failure.id(), failure.attempt(), null));
		return this.logged.add(new Failure(failure.id(), failure.attempt(), failure.failedAt())) && !noted;
	}

	private static String describe(FailedCommand failure, String what) {
		String label = (failure.label() != null) ? " with the label '" + failure.label() + "'" : "";
		return "SQL job " + failure.id() + label + " (attempt " + failure.attempt() + ") " + what + ", SQLSTATE "
				+ failure.sqlState() + ": " + Causes.oneLine(failure.message());
	}

	/**
	 * A dead letter that was logged.
	 *
	 * @param id of the job
	 * @param attempt the number of the last attempt
	 * @param failedAt the time at which the job became a dead letter; {@code null} if it
	 * is unknown
	 */
	private record Failure(long id, int attempt, @Nullable OffsetDateTime failedAt) {

	}

}
