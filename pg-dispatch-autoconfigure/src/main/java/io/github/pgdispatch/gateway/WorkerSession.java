package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * A session in which jobs of its role are run. Not thread-safe.
 */
public final class WorkerSession implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(WorkerSession.class);

	private static final String WORK = "CALL pgdispatch.work(make_interval(secs => ?), ?, ?, ?)";

	/**
	 * How long batches take at the most, unless there is a job among them that takes its
	 * time.
	 */
	private static final Duration STUCK = Duration.ofMillis(100);

	/**
	 * How soon it is looked after a job that takes its time: shorter limits are exceeded.
	 */
	private static final Duration LONG = Duration.ofMillis(250);

	private final Connection connection;

	private final ScheduledExecutorService canceller;

	private WorkerSession(Connection connection, ScheduledExecutorService canceller) {
		this.connection = connection;
		this.canceller = canceller;
	}

	/**
	 * Opens a session.
	 * @param dataSource that it is taken from
	 * @param canceller cancels batches that take too long
	 * @return the session, which is to be closed
	 * @throws SQLException if there is none to be had
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
	 * @param whenLong called, on another thread, once a job has been taking a while that
	 * may have a time limit
	 * @return its progress now
	 * @throws SQLException if the session is lost or the executor fails; what was done in
	 * a transaction that did not commit will be done again
	 */
	public Progress work(Duration slice, Progress progress, Runnable whenLong) throws SQLException {
		try (PreparedStatement call = this.connection.prepareStatement(WORK)) {
			// A statement that is prepared on the server would be one to be spared when
			// the
			// executor cleans the session, which takes it longer.
			call.unwrap(PGStatement.class).setPrepareThreshold(0);
			call.setDouble(1, slice.toMillis() / 1000.0);
			call.setInt(2, progress.pace());
			call.setObject(3, progress.afterDueAt());
			call.setLong(4, progress.afterId());
			Future<?> alarm = progress.inBatches()
					? this.canceller.schedule(() -> cancel(call), STUCK.toMillis(), TimeUnit.MILLISECONDS)
					: this.canceller.schedule(whenLong, LONG.toMillis(), TimeUnit.MILLISECONDS);
			try (ResultSet row = call.executeQuery()) {
				row.next();
				return Progress.of(row);
			}
			finally {
				alarm.cancel(false);
			}
		}
	}

	/**
	 * Runs a command that refuses to run in a transaction, if there is one. The session
	 * is to be closed then, and not used for anything else.
	 * @return whether it failed for good; {@code null} if there was none
	 * @throws SQLException if the session is lost; the command is run again
	 */
	public @Nullable Boolean workOutside() throws SQLException {
		NonTransactionalCommand command = NonTransactionalCommand.begin(this.connection);
		if (command == null) {
			return null;
		}
		try {
			return "dead".equals(command.run(this.connection));
		}
		finally {
			discard();
		}
	}

	/**
	 * A cancellation that comes too late is lost: the driver does not send it once the
	 * call has returned, and waits until the server has seen the one that it has sent.
	 */
	private void cancel(PreparedStatement call) {
		try {
			call.cancel();
		}
		catch (SQLException ex) {
			logger.debug("Could not cancel a batch, which now takes as long as it takes", ex);
		}
	}

	/**
	 * Gives the session up, instead of back to where it was taken from.
	 */
	public void discard() {
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException ex) {
			logger.debug("Could not abort a connection, which is closed instead", ex);
		}
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
