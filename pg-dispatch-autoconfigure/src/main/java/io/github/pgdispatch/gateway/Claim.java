package io.github.pgdispatch.gateway;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A claim of a node on a job of a handler.
 *
 * @param handler the name of the handler
 * @param dueAt the time before which the job is not run
 * @param id of the job
 * @param attempt the number of the attempt, which starts at 1
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param arguments of the handler, as a JSON object
 * @param headers of the job, as JSON; {@code null} if it has none
 * @param timeLimit after which the job is interrupted; {@code null} for the time limit of
 * its handler
 * @param queue of the job; {@code null} if it is in none
 * @param wantsResult whether the result of the method is kept
 * @param takenOver whether another node had the claim before, and died or did not renew
 * its lease in time
 */
public record Claim(String handler, OffsetDateTime dueAt, long id, int attempt, OffsetDateTime dispatchedAt,
		String arguments, @Nullable String headers, @Nullable Duration timeLimit, @Nullable String queue,
		boolean wantsResult, boolean takenOver) {

	/**
	 * Reads a claim.
	 * @param row a row of a function that claims jobs
	 * @return the claim
	 * @throws SQLException if the row cannot be read
	 */
	public static Claim of(ResultSet row) throws SQLException {
		return new Claim(row.getString("handler"), row.getObject("due_at", OffsetDateTime.class), row.getLong("id"),
				row.getInt("attempts"), row.getObject("dispatched_at", OffsetDateTime.class),
				row.getString("arguments"), row.getString("headers"), Durations.ofMillis(row, "time_limit_ms"),
				row.getString("queue"), row.getBoolean("wants_result"), row.getBoolean("taken_over"));
	}

	/**
	 * Sets the parameters that identify the claim, which follow the node in all
	 * functions.
	 */
	void setParameters(PreparedStatement statement) throws SQLException {
		statement.setString(2, this.handler);
		statement.setObject(3, this.dueAt);
		statement.setLong(4, this.id);
		statement.setInt(5, this.attempt);
	}

	/**
	 * Returns a hash of the id alone, because the arguments and headers may be long.
	 */
	@Override
	public int hashCode() {
		return Long.hashCode(this.id);
	}

	/**
	 * Returns the job, its handler and the attempt, as log lines name them. They never
	 * have the arguments.
	 */
	@Override
	public String toString() {
		return "Job " + this.id + " of the handler '" + this.handler + "' (attempt " + this.attempt + ")";
	}

}
