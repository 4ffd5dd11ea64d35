package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Dead letters that have failed in the same way, as the database counts them.
 *
 * @param handler the name of the handler; {@code null} if the jobs ran SQL
 * @param label of the SQL; {@code null} if it had none
 * @param sqlState of the errors; {@code null} if they have none
 * @param exception the class of the exception of a handler; {@code null} if the errors
 * have a SQLSTATE
 * @param message the beginning of the message of the latest error
 * @param count of the dead letters
 * @param oldest the time of the first failure
 * @param latest the time of the last failure
 */
public record DeadLetterGroupRow(@Nullable String handler, @Nullable String label, @Nullable String sqlState,
		@Nullable String exception, String message, long count, Instant oldest, Instant latest) {

	static DeadLetterGroupRow of(ResultSet row, int number) throws SQLException {
		return new DeadLetterGroupRow(row.getString("handler"), row.getString("label"), row.getString("sqlstate"),
				row.getString("exception"), row.getString("message"), row.getLong("count"),
				Instants.read(row, "oldest"), Instants.read(row, "latest"));
	}

}
