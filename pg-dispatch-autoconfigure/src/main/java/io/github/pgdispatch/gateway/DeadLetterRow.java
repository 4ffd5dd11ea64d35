package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A dead letter, as the database has it.
 *
 * @param id that the job had
 * @param command the SQL that it ran; {@code null} if it called a handler
 * @param handler the name of the one that it called; {@code null} if it ran SQL
 * @param arguments of the call, as a JSON object; {@code null} if it ran SQL
 * @param headers of the job, by name
 * @param options what was asked of the job, as a JSON object; {@code null} of a plain one
 * @param firedAt when the transaction that dispatched it began
 * @param dueAt before which it was not to be run
 * @param failedAt when it failed for the last time
 * @param attempts how many times it was begun
 * @param crashes how many of these took its session or its node down
 * @param sqlState of the error
 * @param message of the error
 * @param detail of the error
 * @param hint of the error
 * @param context where the error came from
 */
public record DeadLetterRow(long id, @Nullable String command, @Nullable String handler, @Nullable String arguments,
		Map<String, String> headers, @Nullable String options, Instant firedAt, Instant dueAt, Instant failedAt,
		int attempts, int crashes, @Nullable String sqlState, String message, @Nullable String detail,
		@Nullable String hint, @Nullable String context) {

	static DeadLetterRow of(ResultSet row, int number) throws SQLException {
		return new DeadLetterRow(row.getLong("id"), row.getString("command"), row.getString("handler"),
				row.getString("arguments"), headers((String[]) row.getArray("headers").getArray()),
				row.getString("options"), instant(row, "dispatched_at"), instant(row, "due_at"),
				instant(row, "failed_at"), row.getInt("attempts"), row.getInt("crashes"), row.getString("sqlstate"),
				row.getString("message"), row.getString("detail"), row.getString("hint"), row.getString("context"));
	}

	private static Instant instant(ResultSet row, String column) throws SQLException {
		return row.getObject(column, OffsetDateTime.class).toInstant();
	}

	private static Map<String, String> headers(String[] namesAndValues) {
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 0; i < namesAndValues.length; i += 2) {
			headers.put(namesAndValues[i], namesAndValues[i + 1]);
		}
		return headers;
	}

}
