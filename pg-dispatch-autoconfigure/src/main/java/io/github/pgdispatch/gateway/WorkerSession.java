package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

/**
 * A session in which a worker runs jobs of its role. Not thread-safe.
 */
public final class WorkerSession implements AutoCloseable {

	private static final OneLineLog logger = OneLineLog.of(WorkerSession.class);

	private static final String WORK = "CALL pgdispatch.work(pg_catalog.make_interval(secs => ?), ?, ?, ?)";

	private static final String FAILED = """
			SELECT id, label, attempts, sqlstate, message, failed_at
			  FROM pgdispatch.dead_letter
			 WHERE role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
			   AND handler IS NULL
			   AND failed_at OPERATOR(pg_catalog.>) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(secs => ?))
			 ORDER BY failed_at DESC
			 LIMIT ?""";

	/**
	 * Time after which a call that runs chunks is cancelled: it takes longer only if one
	 * of its jobs is slow.
	 */
	private static final Duration CHUNKS_LIMIT = Duration.ofMillis(100);

	/**
	 * Time after which a job counts as long-running, so that its time limit is watched.
	 * Shorter time limits are exceeded.
	 */
	private static final Duration LONG_RUNNING = Duration.ofMillis(250);

	/**
	 * Time after which a call that runs chunks is taken for lost. It is cancelled long
	 * before, but its job may not heed that at once.
	 */
	private static final Duration CHUNKS_TIMEOUT = Duration.ofSeconds(60);

	/**
	 * A single job may take for ever.
	 */
	private static final Duration NO_TIMEOUT = Duration.ZERO;

	private final Connection connection;

	private final ScheduledExecutorService canceller;

	private final int pid;

	private Duration timeout = NO_TIMEOUT;

	private List<String> retries = List.of();

	private List<BreakerChange> breakers = List.of();

	private volatile boolean discarded;

	private WorkerSession(Connection connection, ScheduledExecutorService canceller) throws SQLException {
		this.connection = connection;
		this.pid = connection.unwrap(PGConnection.class).getBackendPID();
		this.canceller = canceller;
	}

	/**
	 * Opens a session.
	 * @param dataSource that provides the connection
	 * @param canceller that cancels chunks that take too long
	 * @return the session, which is to be closed
	 * @throws SQLException if no session can be opened
	 */
	public static WorkerSession open(DataSource dataSource, ScheduledExecutorService canceller) throws SQLException {
		// The executor commits as it goes, which it may not do inside a transaction.
		return Sessions.open(dataSource, (connection) -> new WorkerSession(connection, canceller));
	}

	/**
	 * Runs due jobs for about the given time, or until none is left. A job that takes
	 * longer is not interrupted.
	 * @param slice the time
	 * @param progress of this drain so far
	 * @param whenLongRunning called on another thread when a job has become long-running,
	 * as it may have a time limit
	 * @return the new progress
	 * @throws SQLException if the session is lost or the executor fails; the effects of a
	 * transaction that did not commit are undone, and its jobs are run again
	 */
	public Progress work(Duration slice, Progress progress, Runnable whenLongRunning) throws SQLException {
		this.retries = List.of();
		this.breakers = List.of();
		setTimeout(progress.inChunks() ? CHUNKS_TIMEOUT : NO_TIMEOUT);
		try (PreparedStatement call = this.connection.prepareStatement(WORK)) {
			// The executor would have to spare a statement that is prepared on the server
			// when it cleans the session, which takes it longer.
			call.unwrap(PGStatement.class).setPrepareThreshold(0);
			call.setDouble(1, Durations.seconds(slice));
			call.setInt(2, progress.prefetch());
			call.setObject(3, progress.afterDueAt());
			call.setLong(4, progress.afterId());
			Future<?> alarm = progress.inChunks()
					? this.canceller.schedule(() -> cancel(call), CHUNKS_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
					: this.canceller.schedule(whenLongRunning, LONG_RUNNING.toMillis(), TimeUnit.MILLISECONDS);
			try (ResultSet row = call.executeQuery()) {
				row.next();
				return Progress.of(row);
			}
			finally {
				alarm.cancel(false);
				this.retries = RetryMessages.of(call);
				this.breakers = BreakerChange.of(call);
			}
		}
	}

	/**
	 * Returns the failed attempts of the last call of {@link #work} that are followed by
	 * another one, also if the call itself has failed.
	 * @return a line for each attempt, with the job, the attempt and the error
	 */
	public List<String> retries() {
		return this.retries;
	}

	/**
	 * Returns what the last call of {@link #work} has done to circuit breakers.
	 * @return the changes in their order
	 */
	public List<BreakerChange> breakers() {
		return this.breakers;
	}

	/**
	 * Runs the next non-transactional command, if one is due. Afterwards, the session
	 * must be closed and not be used for anything else.
	 * @return the outcome of the command; {@code null} if none was due
	 * @throws SQLException if the session is lost; the command is run again
	 */
	public @Nullable CommandOutcome workNonTransactionally() throws SQLException {
		setTimeout(NO_TIMEOUT);
		NonTransactionalCommand command = NonTransactionalCommand.begin(this.connection);
		if (command == null) {
			return null;
		}
		try {
			return command.run(this.connection);
		}
		finally {
			discard();
		}
	}

	/**
	 * Returns SQL jobs that have become dead letters, by whichever worker of the role.
	 * @param within the time until now
	 * @param maxJobs maximum number of jobs
	 * @return the last ones, in the order in which they failed
	 * @throws SQLException if the session is lost
	 */
	public List<FailedCommand> failed(Duration within, int maxJobs) throws SQLException {
		List<FailedCommand> failed = new ArrayList<>();
		try (PreparedStatement statement = this.connection.prepareStatement(FAILED)) {
			statement.unwrap(PGStatement.class).setPrepareThreshold(0);
			statement.setDouble(1, Durations.seconds(within));
			statement.setInt(2, maxJobs);
			try (ResultSet row = statement.executeQuery()) {
				while (row.next()) {
					failed.add(0, FailedCommand.of(row));
				}
			}
		}
		return failed;
	}

	private void setTimeout(Duration timeout) throws SQLException {
		if (!this.timeout.equals(timeout)) {
			Sessions.networkTimeout(this.connection, timeout);
			this.timeout = timeout;
		}
	}

	/**
	 * Returns the process id of the session on the server. Behind a connection pooler it
	 * is another number.
	 * @return the process id
	 */
	public int pid() {
		return this.pid;
	}

	/**
	 * Cancels a call. A cancellation that comes too late has no effect: the driver does
	 * not send it after the call has returned, and the call does not return before the
	 * server has seen a cancellation that was sent.
	 */
	private void cancel(PreparedStatement call) {
		try {
			call.cancel();
		}
		catch (SQLException ex) {
			logger.debug("Could not cancel a chunk, which goes on until its last job has ended", ex);
		}
	}

	/**
	 * Closes the connection for good, so that it does not go back to its pool.
	 */
	public void discard() {
		this.discarded = true;
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException ex) {
			logger.debug("Could not abort a connection, which is closed instead", ex);
		}
	}

	@Override
	public void close() throws SQLException {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			if (!this.discarded) {
				throw ex;
			}
			logger.debug("A connection that was discarded could not be closed", ex);
		}
	}

}
