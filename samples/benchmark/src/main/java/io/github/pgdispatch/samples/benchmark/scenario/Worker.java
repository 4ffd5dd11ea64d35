package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A session that runs jobs slice by slice, as a driver has it.
 */
final class Worker implements AutoCloseable {

	private final SingleConnectionDataSource session;

	private final JdbcTemplate jdbc;

	private int pace = 1;

	private String afterDueAt = "-infinity";

	private long afterId;

	private long completed;

	Worker(TestDatabase database) throws SQLException {
		this.session = new SingleConnectionDataSource(database.dataSource("app").getConnection(), true);
		this.jdbc = new JdbcTemplate(this.session);
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

	@Override
	public void close() {
		this.session.destroy();
	}

}
