package io.github.pgdispatch.gateway;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCallback;
import org.springframework.jdbc.core.ResultSetExtractor;

/**
 * Completes jobs of handlers in the transaction that is bound to the current thread.
 * Thread-safe.
 */
public final class CompletionGateway {

	private static final String FUNCTION = "SELECT pgdispatch.complete_handler_job(?, ?, ?, ?, ?, ?::pg_catalog.json, "
			+ "ran_for => pg_catalog.make_interval(secs => ?), required => ";

	private static final String COMPLETE = FUNCTION + "false)";

	private static final String COMPLETE_AND_COUNT = FUNCTION + "false, has_breaker => true)";

	/**
	 * Two statements in one round trip: the driver sends both before it waits for an
	 * answer. If the first one fails, the database does not execute the second one.
	 */
	private static final String COMPLETE_AND_COMMIT = FUNCTION + "true); COMMIT";

	private static final String COMPLETE_COUNT_AND_COMMIT = FUNCTION + "true, has_breaker => true); COMMIT";

	/**
	 * The SQLSTATE of a claim that the node no longer has.
	 */
	private static final String CLAIM_LOST = "PD003";

	/**
	 * The SQLSTATE of a write in a read-only transaction.
	 */
	private static final String READ_ONLY = "25006";

	private final DataSource dataSource;

	private final JdbcOperations jdbc;

	private final UUID node;

	private final Consumer<BreakerChange> breakers;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 * @param node that has claimed the jobs
	 * @param breakers is told of circuit breakers that were reset
	 */
	public CompletionGateway(DataSource dataSource, UUID node, Consumer<BreakerChange> breakers) {
		this.dataSource = dataSource;
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
		this.breakers = breakers;
	}

	/**
	 * Returns the database that has the jobs.
	 * @return the {@code DataSource} of the current transactions
	 */
	public DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * Deletes a job.
	 * @param claim on the job
	 * @param result as JSON; {@code null} if none is kept
	 * @param ranFor time since the attempt began
	 * @param hasBreaker whether the handler has a circuit breaker
	 * @return whether the node still had the claim; if not, nothing is deleted
	 * @throws ReadOnlyTransactionException if the current transaction is read-only
	 */
	public boolean complete(Claim claim, @Nullable String result, Duration ranFor, boolean hasBreaker) {
		try {
			return Boolean.TRUE.equals(this.jdbc.query(hasBreaker ? COMPLETE_AND_COUNT : COMPLETE,
					(statement) -> set(statement, claim, result, ranFor), (ResultSetExtractor<Boolean>) (row) -> {
						boolean deleted = row.next() && row.getBoolean(1);
						tellOfBreakers(row.getStatement());
						return deleted;
					}));
		}
		catch (DataAccessException ex) {
			throw readOnlyOr(ex);
		}
	}

	/**
	 * Deletes a job and commits the current transaction. The transaction manager does not
	 * learn of the commit. All that is left to do for it must be to commit the
	 * connection, which then has no effect.
	 * @param claim on the job
	 * @param result as JSON; {@code null} if none is kept
	 * @param ranFor time since the attempt began
	 * @param hasBreaker whether the handler has a circuit breaker
	 * @return whether the node still had the claim; if not, nothing is committed
	 * @throws ReadOnlyTransactionException if the current transaction is read-only
	 */
	public boolean completeAndCommit(Claim claim, @Nullable String result, Duration ranFor, boolean hasBreaker) {
		try {
			String sql = hasBreaker ? COMPLETE_COUNT_AND_COMMIT : COMPLETE_AND_COMMIT;
			this.jdbc.execute(sql, (PreparedStatementCallback<Boolean>) (statement) -> {
				set(statement, claim, result, ranFor);
				boolean answered = statement.execute();
				tellOfBreakers(statement);
				return answered;
			});
			return true;
		}
		catch (UncategorizedSQLException ex) {
			SQLException cause = ex.getSQLException();
			if (cause != null && CLAIM_LOST.equals(cause.getSQLState())) {
				return false;
			}
			throw readOnlyOr(ex);
		}
		catch (DataAccessException ex) {
			throw readOnlyOr(ex);
		}
	}

	private void tellOfBreakers(Statement statement) {
		BreakerChange.of(statement).forEach(this.breakers);
	}

	private static RuntimeException readOnlyOr(DataAccessException ex) {
		return (ex.getRootCause() instanceof SQLException sql && READ_ONLY.equals(sql.getSQLState()))
				? new ReadOnlyTransactionException(ex) : ex;
	}

	private void set(PreparedStatement statement, Claim claim, @Nullable String result, Duration ranFor)
			throws SQLException {
		statement.setObject(1, this.node);
		claim.setParameters(statement);
		statement.setString(6, TextEncoding.fitting(statement.getConnection(), result));
		statement.setDouble(7, Durations.seconds(ranFor));
	}

}
