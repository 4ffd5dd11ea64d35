package io.github.pgdispatch.gateway;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCallback;
import org.springframework.jdbc.core.ResultSetExtractor;

/**
 * Completes jobs of handlers in the transaction that is bound to the current thread.
 */
public final class CompletionGateway {

	private static final String CALL = "SELECT pgdispatch.complete_handler_job(?, ?, ?, ?, ?, ?::json, required => ";

	private static final String COMPLETE = CALL + "false)";

	/**
	 * In one message: the driver sends both before it waits for an answer, and the
	 * database passes over the second one if the first one fails.
	 */
	private static final String COMPLETE_AND_COMMIT = CALL + "true); COMMIT";

	private static final String LOST = "PD003";

	private final JdbcOperations jdbc;

	private final UUID node;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 * @param node that has claimed the jobs
	 */
	public CompletionGateway(DataSource dataSource, UUID node) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
	}

	/**
	 * Deletes a job.
	 * @param claim on the job
	 * @param result as JSON, if it is to be kept
	 * @return whether this node still had the claim; if not, nothing is deleted
	 */
	public boolean complete(Claim claim, @Nullable String result) {
		return Boolean.TRUE.equals(this.jdbc.query(COMPLETE, (statement) -> set(statement, claim, result),
				(ResultSetExtractor<Boolean>) (row) -> row.next() && row.getBoolean(1)));
	}

	/**
	 * Deletes a job and commits the current transaction. What manages that does not know,
	 * and has to do no more than to commit, which then does nothing.
	 * @param claim on the job
	 * @param result as JSON, if it is to be kept
	 * @return whether this node still had the claim; if not, nothing is committed
	 */
	public boolean completeAndCommit(Claim claim, @Nullable String result) {
		try {
			this.jdbc.execute(COMPLETE_AND_COMMIT, (PreparedStatementCallback<Boolean>) (statement) -> {
				set(statement, claim, result);
				return statement.execute();
			});
			return true;
		}
		catch (UncategorizedSQLException ex) {
			SQLException cause = ex.getSQLException();
			if (cause != null && LOST.equals(cause.getSQLState())) {
				return false;
			}
			throw ex;
		}
	}

	private void set(PreparedStatement statement, Claim claim, @Nullable String result) throws SQLException {
		statement.setObject(1, this.node);
		claim.set(statement);
		statement.setString(6, result);
	}

}
