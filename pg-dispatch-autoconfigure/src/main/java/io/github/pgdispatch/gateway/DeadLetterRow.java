package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A dead letter, as the database has it.
 *
 * @param id of the job
 * @param command the SQL that the job ran; {@code null} if it called a handler
 * @param label of the SQL; {@code null} if it had none
 * @param handler the name of the handler that the job called; {@code null} if it ran SQL
 * @param arguments of the handler, as a JSON object; {@code null} if the job ran SQL
 * @param headers of the job, by name
 * @param options of the job, as a JSON object; {@code null} if it had none
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job was not run
 * @param failedAt the time at which the job failed for good
 * @param attempts number of attempts that were begun
 * @param crashes number of attempts in which the session or the node died
 * @param sqlState of the error; {@code null} if the database did not raise it
 * @param message of the error
 * @param detail of the error
 * @param hint of the error
 * @param context of the error, such as its stack trace
 */
public record DeadLetterRow(long id, @Nullable String command, @Nullable String label, @Nullable String handler,
		@Nullable String arguments, Map<String, String> headers, @Nullable String options, Instant dispatchedAt,
		Instant dueAt, Instant failedAt, int attempts, int crashes, @Nullable String sqlState, String message,
		@Nullable String detail, @Nullable String hint, @Nullable String context) {

	static DeadLetterRow of(ResultSet row, int number) throws SQLException {
		return new DeadLetterRow(row.getLong("id"), row.getString("command"), row.getString("label"),
				row.getString("handler"), row.getString("arguments"), Headers.read(row), row.getString("options"),
				Instants.read(row, "dispatched_at"), Instants.read(row, "due_at"), Instants.read(row, "failed_at"),
				row.getInt("attempts"), row.getInt("crashes"), row.getString("sqlstate"), row.getString("message"),
				row.getString("detail"), row.getString("hint"), row.getString("context"));
	}

}
