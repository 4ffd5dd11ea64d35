package io.github.pgdispatch.gateway;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A job of a handler that a node has claimed.
 *
 * @param handler its name
 * @param dueAt before which it was not to be run
 * @param id identifies the job
 * @param attempt how many times it has been claimed, this time included
 * @param firedAt when the transaction that dispatched it began
 * @param arguments of the call, as a JSON object
 * @param headers of the job, as JSON, if there are any
 * @param timeLimit after which it is to be interrupted; {@code null}: as its handler says
 * @param wantsResult whether what the method returns is kept
 */
public record Claim(String handler, OffsetDateTime dueAt, long id, int attempt, OffsetDateTime firedAt,
		String arguments, @Nullable String headers, @Nullable Duration timeLimit, boolean wantsResult) {

	static Claim of(ResultSet row) throws SQLException {
		return new Claim(row.getString("handler"), row.getObject("due_at", OffsetDateTime.class), row.getLong("id"),
				row.getInt("attempts"), row.getObject("dispatched_at", OffsetDateTime.class),
				row.getString("arguments"), row.getString("headers"), timeLimit(row), row.getBoolean("wants_result"));
	}

	/**
	 * Sets what tells the claim from others, which all functions take after the node.
	 */
	void set(PreparedStatement statement) throws SQLException {
		statement.setString(2, this.handler);
		statement.setObject(3, this.dueAt);
		statement.setLong(4, this.id);
		statement.setInt(5, this.attempt);
	}

	private static @Nullable Duration timeLimit(ResultSet row) throws SQLException {
		long millis = row.getLong("time_limit_ms");
		return row.wasNull() ? null : Duration.ofMillis(millis);
	}

}
