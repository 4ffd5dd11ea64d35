package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.steps(bigint)}, which documents the columns.
 *
 * @param name of the step
 * @param result of the step, as JSON; {@code null} if it returns nothing
 * @param endedAt the time at which it ended
 */
public record StepRow(String name, @Nullable String result, Instant endedAt) {

	static StepRow of(ResultSet row, int number) throws SQLException {
		return new StepRow(row.getString("name"), row.getString("result"), Instants.read(row, "ended_at"));
	}

}
