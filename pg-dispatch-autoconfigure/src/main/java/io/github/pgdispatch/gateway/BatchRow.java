package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.batches()}, which documents the columns.
 *
 * @param id of the batch
 * @param name of the batch
 * @param state the name of the batch's state, in upper case
 * @param pending number of jobs that have not ended
 * @param done number of jobs that are done
 * @param failed number of jobs that became dead letters
 * @param cancelled number of jobs that were cancelled
 * @param dispatchedAt the time at which the transaction that created the batch began
 * @param endedAt the time at which the last job ended
 * @param parent the id of the batch that contains it
 * @param thenId the id of the job that follows it
 * @param onFailureId the id of the job that follows it if a job has failed
 */
public record BatchRow(long id, String name, String state, long pending, long done, long failed, long cancelled,
		Instant dispatchedAt, @Nullable Instant endedAt, @Nullable Long parent, @Nullable Long thenId,
		@Nullable Long onFailureId) {

	static BatchRow of(ResultSet row, int number) throws SQLException {
		return new BatchRow(row.getLong("id"), row.getString("name"), row.getString("state"), row.getLong("pending"),
				row.getLong("done"), row.getLong("failed"), row.getLong("cancelled"),
				Instants.read(row, "dispatched_at"), Instants.readIfPresent(row, "ended_at"),
				row.getObject("parent", Long.class), row.getObject("then_id", Long.class),
				row.getObject("on_failure_id", Long.class));
	}

}
