package io.github.pgdispatch.testing;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import javax.sql.DataSource;

import io.github.pgdispatch.driver.FailureReport;
import io.github.pgdispatch.gateway.CommandOutcome;
import io.github.pgdispatch.gateway.Progress;
import io.github.pgdispatch.gateway.WorkerSession;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs that are SQL.
 */
final class CommandJobs {

	private static final OneLineLog logger = OneLineLog.of(CommandJobs.class);

	private final JobTransaction transaction;

	private final CommandGateway gateway;

	private final DataSource sessions;

	CommandJobs(JobTransaction transaction, CommandGateway gateway, DataSource sessions) {
		this.transaction = transaction;
		this.gateway = gateway;
		this.sessions = sessions;
	}

	void run(DispatchedJob job, String command) throws Throwable {
		if (this.transaction.isActive()) {
			runInTransaction(job, command);
		}
		else {
			runInSession(job, command);
		}
	}

	private void runInTransaction(DispatchedJob job, String command) throws Throwable {
		try {
			this.transaction.attempt(() -> this.gateway.run(job.id(), command));
		}
		catch (Throwable ex) {
			FailureReport report = FailureReport.of(ex);
			this.gateway.addDeadLetter(job.id(), report.sqlState(), report.message());
			throw ex;
		}
	}

	private void runInSession(DispatchedJob job, String command) throws SQLException {
		this.gateway.putTicksOff();
		this.gateway.limitToOneAttempt(job.id());
		Outcome outcome = work();
		if (outcome == Outcome.NOTHING_RUN) {
			throw new IllegalStateException("Somebody else is running it");
		}
		if (outcome == Outcome.FAILED) {
			throw this.gateway.failure(job.id(), command);
		}
	}

	/**
	 * Lets the executor run the oldest due job, which it runs alone if it has no time for
	 * a second one.
	 */
	private Outcome work() throws SQLException {
		ScheduledExecutorService canceller = Executors.newSingleThreadScheduledExecutor();
		try {
			Progress progress = workOnce(canceller);
			Boolean failed = progress.nonTransactional() ? workNonTransactional(canceller) : null;
			if (failed != null) {
				return failed ? Outcome.FAILED : Outcome.SUCCEEDED;
			}
			if (progress.failed() > 0) {
				return Outcome.FAILED;
			}
			return (progress.completed() > 0) ? Outcome.SUCCEEDED : Outcome.NOTHING_RUN;
		}
		finally {
			canceller.shutdownNow();
		}
	}

	private Progress workOnce(ScheduledExecutorService canceller) throws SQLException {
		try (WorkerSession session = WorkerSession.open(this.sessions, canceller)) {
			return session.work(Duration.ZERO, Progress.begin(0), () -> {
			});
		}
	}

	private @Nullable Boolean workNonTransactional(ScheduledExecutorService canceller) throws SQLException {
		WorkerSession session = WorkerSession.open(this.sessions, canceller);
		try {
			CommandOutcome outcome = session.workNonTransactionally();
			return (outcome != null) ? outcome.isDead() : null;
		}
		finally {
			closeDiscarded(session);
		}
	}

	private static void closeDiscarded(WorkerSession session) {
		try {
			session.close();
		}
		catch (SQLException ex) {
			logger.debug("The session was discarded after a non-transactional command", ex);
		}
	}

	private enum Outcome {

		SUCCEEDED, FAILED, NOTHING_RUN

	}

}
