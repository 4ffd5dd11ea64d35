package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/**
 * A non-transactional command. The executor cannot run it, as it refuses to run in a
 * transaction. Its session must not be used for anything else afterwards.
 *
 * @param id of the job
 * @param label of the job; {@code null} if it has none
 * @param sql a single statement
 * @param attempt the number of the attempt, which starts at 1
 * @param timeLimitMillis the maximum duration of the attempt in milliseconds; zero for no
 * limit
 */
record NonTransactionalCommand(long id, @Nullable String label, String sql, int attempt, long timeLimitMillis) {

	private static final String BEGIN = """
			SELECT id, label, command, attempt, pg_catalog.floor(extract(epoch FROM time_limit) OPERATOR(pg_catalog.*) 1000)::bigint AS time_limit_ms
			  FROM pgdispatch.begin_non_transactional()
			 WHERE id IS NOT NULL""";

	/**
	 * The longest timeout that PostgreSQL has, some 24 days. A longer time limit is
	 * enforced by whoever looks at the queue.
	 */
	private static final long MAX_STATEMENT_TIMEOUT = Integer.MAX_VALUE;

	/**
	 * What may interrupt the end of an attempt, which is then repeated: a cancellation,
	 * or a lost race.
	 */
	private static final Set<String> INTERRUPTIONS = Set.of(PSQLState.QUERY_CANCELED.getState(),
			PSQLState.SERIALIZATION_FAILURE.getState(), PSQLState.DEADLOCK_DETECTED.getState());

	/**
	 * Maximum number of interruptions that the end of an attempt survives. If even more
	 * come, the job counts as one whose session was lost.
	 */
	private static final int MAX_INTERRUPTIONS = 10;

	private static final String END = "SELECT pgdispatch.end_non_transactional(?, ?, ?, ?, ?, ?, ?)";

	/**
	 * Begins an attempt of the next non-transactional command.
	 * @param connection that commits automatically
	 * @return the command, or {@code null} if none is due
	 */
	static @Nullable NonTransactionalCommand begin(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(BEGIN)) {
			return row.next() ? new NonTransactionalCommand(row.getLong("id"), row.getString("label"),
					row.getString("command"), row.getInt("attempt"), row.getLong("time_limit_ms")) : null;
		}
	}

	/**
	 * Runs the command and records its outcome.
	 * @return the outcome
	 * @throws SQLException if the session is lost; the command is run again
	 */
	CommandOutcome run(Connection connection) throws SQLException {
		ServerErrorMessage error = null;
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET statement_timeout = " + Math.min(this.timeLimitMillis, MAX_STATEMENT_TIMEOUT));
			// A question mark or a brace is part of the command.
			statement.setEscapeProcessing(false);
			statement.execute(this.sql);
		}
		catch (PSQLException ex) {
			error = ex.getServerErrorMessage();
			if (error == null) {
				throw ex;
			}
		}
		FailedCommand failure = (error != null)
				? new FailedCommand(this.id, this.label, this.attempt, error.getSQLState(), error.getMessage(), null)
				: null;
		return endDespiteInterruptions(connection, error, failure);
	}

	/**
	 * Records the outcome. A cancellation that was meant for the command may reach the
	 * session only after the command has ended: for example, the time limit is enforced
	 * by the timeout of the session and by whoever looks at the queue. What records the
	 * outcome may also lose a race, for which the command need not run again.
	 */
	private CommandOutcome endDespiteInterruptions(Connection connection, @Nullable ServerErrorMessage error,
			@Nullable FailedCommand failure) throws SQLException {
		for (int interruptions = 0;; interruptions++) {
			try {
				reset(connection);
				return end(connection, error, failure);
			}
			catch (SQLException ex) {
				if (!INTERRUPTIONS.contains(ex.getSQLState()) || interruptions == MAX_INTERRUPTIONS) {
					throw ex;
				}
			}
		}
	}

	/**
	 * Undoes what the command may have set: another role, which has no access to the job,
	 * and a timeout.
	 */
	private static void reset(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("RESET SESSION AUTHORIZATION");
			statement.execute("RESET ROLE");
			statement.execute("RESET ALL");
		}
	}

	private CommandOutcome end(Connection connection, @Nullable ServerErrorMessage error,
			@Nullable FailedCommand failure) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(END)) {
			statement.setLong(1, this.id);
			statement.setInt(2, this.attempt);
			statement.setString(3, (error != null) ? error.getSQLState() : null);
			statement.setString(4, (error != null) ? error.getMessage() : null);
			statement.setString(5, (error != null) ? error.getDetail() : null);
			statement.setString(6, (error != null) ? error.getHint() : null);
			statement.setString(7, (error != null) ? error.getWhere() : null);
			try (ResultSet row = statement.executeQuery()) {
				String kind = row.next() ? row.getString(1) : null;
				return new CommandOutcome(kind, failure, BreakerChange.of(statement));
			}
		}
	}

}
