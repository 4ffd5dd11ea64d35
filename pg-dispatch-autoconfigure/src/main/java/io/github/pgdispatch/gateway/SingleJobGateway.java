package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Runs jobs one at a time, in the transaction that is bound to the current thread unless
 * a method says otherwise.
 */
public final class SingleJobGateway {

	private static final String SAVEPOINT = "pgdispatch_job";

	/**
	 * As the executor does it, but for what that leaves of the session: its settings and
	 * deferred constraints are those of a transaction that goes on.
	 */
	private static final String RUN = """
			DO $$
			DECLARE
			    taken_on constant text := pg_catalog.current_setting('role');
			    job   pgdispatch.job;
			    asked pgdispatch.managed_job;
			    value json;
			    row_count bigint;
			BEGIN
			    DELETE FROM pgdispatch.job AS j
			     WHERE j.role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid AND j.id = %d
			    RETURNING j.* INTO STRICT job;
			    SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role::oid = job.role::oid AND m.id = job.id;
			    IF asked.result = 'rows' THEN
			        SELECT r.value, r.row_count INTO value, row_count FROM pgdispatch.execute_for_rows(job.command, 1048576) AS r;
			    ELSE
			        EXECUTE job.command;
			        GET DIAGNOSTICS row_count = ROW_COUNT;
			    END IF;
			    RESET SESSION AUTHORIZATION;
			    PERFORM pg_catalog.set_config('role', taken_on, true);
			    IF asked.id IS NOT NULL THEN
			        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'done', true, value, row_count);
			    END IF;
			END
			$$""";

	private static final String BURY = """
			SELECT pgdispatch.add_dead_letter(j, m, ?, ?, NULL, NULL, NULL)
			  FROM pgdispatch.job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.id = ?""";

	private static final String HANDLER_ONCE = """
			UPDATE pgdispatch.managed_job SET max_attempts = NULL
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid AND id = ?""";

	/**
	 * The executor would run it again later. Does not wait for whoever else is running
	 * it.
	 */
	private static final String ONCE = """
			WITH own AS (
			    SELECT j.role, j.due_at, j.id FROM pgdispatch.job AS j
			     WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.id = ?
			       FOR UPDATE SKIP LOCKED),
			managed AS (
			    UPDATE pgdispatch.managed_job AS m SET max_attempts = NULL FROM own WHERE m.role = own.role AND m.id = own.id)
			UPDATE pgdispatch.job AS j SET max_attempts = NULL FROM own
			 WHERE j.role = own.role AND j.due_at = own.due_at AND j.id = own.id AND j.max_attempts IS NOT NULL""";

	/**
	 * Without any time for a second one, the executor runs the oldest due job alone.
	 */
	private static final String WORK = "CALL pgdispatch.work(slice => '0')";

	private static final String ERROR = """
			SELECT sqlstate, concat_ws(E'\\n', message, 'Detail: ' || detail, 'Hint: ' || hint, 'Where: ' || context) AS text
			  FROM pgdispatch.dead_letter
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid AND id = ?
			 ORDER BY failed_at DESC LIMIT 1""";

	private static final String CLAIM = """
			SELECT *, floor(extract(epoch FROM time_limit) * 1000)::bigint AS time_limit_ms
			  FROM pgdispatch.claim_handler_jobs(?, make_interval(secs => ?), ARRAY[?], ARRAY[1], 1)""";

	private static final String TASK = "Job";

	private final JdbcTemplate jdbc;

	private final UUID node;

	private final Duration lease;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 * @param node for which jobs are claimed
	 * @param lease how long a claim holds
	 */
	public SingleJobGateway(DataSource dataSource, UUID node, Duration lease) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
		this.lease = lease;
	}

	/**
	 * Begins what can be undone without the rest of the transaction.
	 */
	public void begin() {
		this.jdbc.execute("SAVEPOINT " + SAVEPOINT);
	}

	/**
	 * Ends what could be undone.
	 */
	public void end() {
		this.jdbc.execute("RELEASE SAVEPOINT " + SAVEPOINT);
	}

	/**
	 * Undoes what has been done since the beginning.
	 */
	public void undo() {
		this.jdbc.execute("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
		end();
	}

	/**
	 * Runs a command and deletes its job.
	 * @param id of the job
	 * @param command that it has
	 * @throws DataAccessException if it fails
	 */
	public void run(long id, String command) {
		try {
			this.jdbc.execute(RUN.formatted(id));
		}
		catch (DataAccessException ex) {
			throw (ex.getMostSpecificCause() instanceof SQLException cause) ? failure(command, cause) : ex;
		}
	}

	/**
	 * Makes a command that has failed a dead letter.
	 * @param id of its job
	 * @param sqlState of the error
	 * @param message of the error
	 */
	public void bury(long id, @Nullable String sqlState, String message) {
		this.jdbc.query(BURY, (row) -> {
		}, sqlState, message, id);
	}

	/**
	 * Has the executor run the oldest due command, in a transaction of its own, for the
	 * last time.
	 * @param sessions that have logged in as the role
	 * @param id of the job that this will be
	 * @param command that it has
	 * @return whether there was one that nobody else is running
	 * @throws DataAccessException if it fails: then it is a dead letter now
	 * @throws SQLException if the executor itself fails
	 */
	public boolean work(DataSource sessions, long id, String command) throws SQLException {
		this.jdbc.update(ONCE, id);
		try (Connection connection = sessions.getConnection()) {
			connection.setAutoCommit(true);
			try (PreparedStatement call = connection.prepareStatement(WORK); ResultSet row = call.executeQuery()) {
				row.next();
				NonTransactionalCommand outside = row.getBoolean("non_transactional")
						? NonTransactionalCommand.begin(connection) : null;
				boolean failed = (outside != null) ? "dead".equals(outside.run(connection)) : row.getLong("failed") > 0;
				if (!failed) {
					return outside != null || row.getLong("completed") > 0;
				}
			}
		}
		throw failure(command, Objects.requireNonNull(this.jdbc.queryForObject(ERROR,
				(row, number) -> new SQLException(row.getString("text"), row.getString("sqlstate")), id)));
	}

	private DataAccessException failure(String command, SQLException cause) {
		DataAccessException failure = this.jdbc.getExceptionTranslator().translate(TASK, command, cause);
		return (failure != null) ? failure : new UncategorizedSQLException(TASK, command, cause);
	}

	/**
	 * Claims the oldest due job of a handler.
	 * @param handler its name
	 * @return the claim, or {@code null} if there is none that nobody else is running
	 */
	public @Nullable Claim claim(String handler) {
		return this.jdbc
			.query(CLAIM, (row, number) -> Claim.of(row), this.node, this.lease.toMillis() / 1000.0, handler)
			.stream()
			.findFirst()
			.orElse(null);
	}

	/**
	 * Makes a claimed job that has failed a dead letter.
	 * @param claim on the job
	 * @param sqlState of the error, if the database was its cause
	 * @param message of the error
	 * @param context where it came from
	 */
	public void fail(Claim claim, @Nullable String sqlState, String message, String context) {
		this.jdbc.update(HANDLER_ONCE, claim.id());
		this.jdbc.query(ClaimGateway.FAIL, (row) -> {
		}, this.node, claim.handler(), claim.dueAt(), claim.id(), claim.attempt(), sqlState, message, context);
	}

	/**
	 * Ends the lease: nothing is claimed any more.
	 */
	public void endLease() {
		this.jdbc.query(ClaimGateway.END, (row) -> {
		}, this.node);
	}

}
