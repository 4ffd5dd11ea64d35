package io.github.pgdispatch.testing;

import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Runs the command of a job in the current transaction, and reports failures as
 * {@link DataAccessException}.
 */
final class CommandGateway {

	/**
	 * Does what {@code pgdispatch.run_job} does, by the same functions. The test cannot
	 * call that function itself: it resets the settings and the role of the session,
	 * checks deferred constraints and runs a failed job again, while the transaction of
	 * the test goes on and has to keep its own.
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
			    SELECT j.* INTO STRICT job
			      FROM pgdispatch.job AS j
			     WHERE j.role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid AND j.id = %d;
			    SELECT m.* INTO asked FROM pgdispatch.managed_job AS m WHERE m.role::oid = job.role::oid AND m.id = job.id;
			    PERFORM pgdispatch.delete_jobs(ARRAY[job]);
			    IF asked.result IS NULL THEN
			        EXECUTE job.command;
			    ELSE
			        SELECT r.value, r.row_count INTO value, row_count
			          FROM pgdispatch.execute_for_result(job.command, asked.result, 1048576) AS r;
			    END IF;
			    RESET SESSION AUTHORIZATION;
			    PERFORM pg_catalog.set_config('role', taken_on, true);
			    IF asked.id IS NOT NULL THEN
			        PERFORM pgdispatch.end_managed_job(job.role, job.id, 'done', true, value, row_count);
			    END IF;
			END
			$$""";

	private static final String ADD_DEAD_LETTER = """
			SELECT pgdispatch.add_dead_letter(j, m, ?, ?, NULL, NULL, NULL)
			  FROM pgdispatch.job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.id = ?""";

	/**
	 * Does not wait for another session that is running the job.
	 */
	private static final String LIMIT_TO_ONE_ATTEMPT = """
			WITH own AS (
			    SELECT j.role, j.due_at, j.id FROM pgdispatch.job AS j
			     WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.id = ?
			       FOR UPDATE SKIP LOCKED),
			managed AS (
			    UPDATE pgdispatch.managed_job AS m SET max_attempts = NULL FROM own WHERE m.role = own.role AND m.id = own.id)
			UPDATE pgdispatch.job AS j SET max_attempts = NULL FROM own
			 WHERE j.role = own.role AND j.due_at = own.due_at AND j.id = own.id AND j.max_attempts IS NOT NULL""";

	private static final String PUT_TICKS_OFF = """
			WITH tick AS (
			    UPDATE pgdispatch.managed_job AS m SET place = clock_timestamp() + interval '1 hour'
			      FROM pgdispatch.schedule AS s
			     WHERE s.role::oid = quote_ident(CURRENT_USER)::regrole::oid
			       AND m.role::oid = s.role::oid AND m.id = s.tick AND m.handler IS NULL AND m.place <= clock_timestamp()
			    RETURNING m.role, m.id, m.place)
			UPDATE pgdispatch.job AS j SET due_at = t.place FROM tick AS t WHERE j.role::oid = t.role::oid AND j.id = t.id""";

	private static final String ERROR = """
			SELECT sqlstate, concat_ws(E'\\n', message, 'Detail: ' || detail, 'Hint: ' || hint, 'Where: ' || context) AS text
			  FROM pgdispatch.dead_letter
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid AND id = ?
			 ORDER BY failed_at DESC LIMIT 1""";

	private static final String TASK = "Job";

	private final JdbcTemplate jdbc;

	CommandGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Runs a command and deletes its job.
	 */
	void run(long id, String command) {
		try {
			this.jdbc.execute(RUN.formatted(id));
		}
		catch (DataAccessException ex) {
			throw (ex.getMostSpecificCause() instanceof SQLException cause) ? failure(command, cause) : ex;
		}
	}

	/**
	 * Makes the job of a failed command a dead letter.
	 */
	void addDeadLetter(long id, @Nullable String sqlState, String message) {
		this.jdbc.query(ADD_DEAD_LETTER, (row) -> {
		}, sqlState, message, id);
	}

	/**
	 * Puts off the ticks of schedules that are due. The executor runs the oldest due job,
	 * and in a test that must not be a tick.
	 */
	void putTicksOff() {
		this.jdbc.update(PUT_TICKS_OFF);
	}

	/**
	 * Makes the next attempt of a job its last one. Otherwise, the executor would run a
	 * failed job again later.
	 */
	void limitToOneAttempt(long id) {
		this.jdbc.update(LIMIT_TO_ONE_ATTEMPT, id);
	}

	/**
	 * Returns the error of a dead letter as an exception.
	 */
	DataAccessException failure(long id, String command) {
		return this.jdbc.query(ERROR, (row) -> {
			row.next();
			return failure(command, new SQLException(row.getString("text"), row.getString("sqlstate")));
		}, id);
	}

	private DataAccessException failure(String command, SQLException cause) {
		DataAccessException failure = this.jdbc.getExceptionTranslator().translate(TASK, command, cause);
		return (failure != null) ? failure : new UncategorizedSQLException(TASK, command, cause);
	}

}
