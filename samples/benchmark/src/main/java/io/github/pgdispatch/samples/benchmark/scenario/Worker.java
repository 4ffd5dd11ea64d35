package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * A session that runs jobs slice by slice, as a driver has it.
 */
final class Worker {

	private final JdbcTemplate jdbc;

	private int pace = 1;

	private String afterDueAt = "-infinity";

	private long afterId;

	private long completed;

	Worker(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
	}

	/**
	 * Runs jobs for a while.
	 */
	void work(Duration slice) {
		this.jdbc.query(
				"CALL pgdispatch.work(slice => make_interval(secs => ?), prefetch => ?, after_due_at => ?::text::timestamptz, after_id => ?)",
				(RowCallbackHandler) (row) -> {
					this.pace = row.getInt("prefetch");
					this.afterDueAt = row.getString("after_due_at");
					this.afterId = row.getLong("after_id");
					this.completed += row.getLong("completed");
				}, slice.toMillis() / 1000.0, this.pace, this.afterDueAt, this.afterId);
	}

	long completed() {
		return this.completed;
	}

}
