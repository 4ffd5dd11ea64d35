package io.github.pgdispatch.sql;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.UUID;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What version 1.2.0 of the library sends does what it did, in sessions that are older
 * than the upgrade, and for jobs of which more is asked.
 */
@PostgresTest
class OldLibraryTests {

	private final UUID node = UUID.randomUUID();

	private Connection connection;

	@Test
	void goesOnInItsOldSessions(TestDatabase database) throws Exception {
		database.install("postgres", "1.2.0");
		try (Queue queue = new Queue(database); Connection old = database.dataSource("app").getConnection()) {
			queue.grantTo("app");
			this.connection = old;
			for (int i = 0; i < 10; i++) {
				useAll();
			}
			database.upgrade("postgres", "1.2.0");
			for (int i = 0; i < 10; i++) {
				useAll();
			}
			try (Session app = queue.app()) {
				for (int i = 0; i < 3; i++) {
					app.run("SELECT pgdispatch.dispatch_handler('h', ordering_key => 'o', key => 'k" + i + "')");
				}
			}
			for (int i = 0; i < 3; i++) {
				claimAndEnd(i % 2 == 0);
			}
			assertThat(queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("1");
			assertThat(queue.value("SELECT string_agg(in_order::text, ',') FROM pgdispatch.managed_job ORDER BY 1"))
				.isEqualTo("true,false");
			queue.run("SET ROLE app", "DELETE FROM pgdispatch.dead_letter WHERE options IS NOT NULL", "RESET ROLE");
			try (Session app = queue.app()) {
				app.work();
			}
			claimAndEnd(true);
			assertThat(queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("0");
		}
	}

	private void useAll() throws SQLException {
		assertThat(call("SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?)", "SELECT 1", 0.0, true))
			.isNotNull();
		assertThat(call("SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?)", "h", "{}", 0.0,
				true))
			.isNotNull();
		assertThat(call(
				"SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?, json_object(?::text[], ?::text[]))",
				"h", "{}", 0.0, true, array("text", "a"), array("text", "b")))
			.isNotNull();
		call("""
				SELECT due, floor(extract(epoch FROM next_due_in) * 1000)::bigint AS next_due_in_ms, resting, notified
				  FROM pgdispatch.watch(at_most => ?, rest => ?)""", 10, false);
		call("""
				SELECT due, floor(extract(epoch FROM next_due_in) * 1000)::bigint AS next_due_in_ms, resting, notified, unknown
				  FROM pgdispatch.watch_handlers(?, make_interval(secs => ?), ?, ?)""",
				this.node, 5.0, array("text", "h"), false);
		call("SELECT pgdispatch.renew_lease(?, make_interval(secs => ?))", this.node, 5.0);
		claimAndEnd(true);
		claimAndEnd(false);
	}

	private void claimAndEnd(boolean completes) throws SQLException {
		try (PreparedStatement claim = prepare(
				"SELECT * FROM pgdispatch.claim_handler_jobs(?, make_interval(secs => ?), ?, ?, ?, ?, ?)", this.node,
				5.0, array("text", "h"), array("integer", 1), 1, array("timestamptz"), array("bigint"));
				ResultSet row = claim.executeQuery()) {
			if (!row.next()) {
				return;
			}
			OffsetDateTime dueAt = row.getObject("due_at", OffsetDateTime.class);
			long id = row.getLong("id");
			int attempts = row.getInt("attempts");
			if (completes) {
				assertThat(call("SELECT pgdispatch.complete_handler_jobs(?, ?, ?, ?, ?)", this.node, array("text", "h"),
						array("timestamptz", dueAt), array("bigint", id), array("integer", attempts)))
					.isEqualTo("{}");
			}
			else {
				assertThat(call("SELECT pgdispatch.fail_handler_job(?, ?, ?, ?, ?, ?, ?, ?)", this.node, "h", dueAt, id,
						attempts, "23505", "no luck", "at line 1"))
					.isEqualTo("t");
			}
		}
	}

	private String call(String sql, Object... arguments) throws SQLException {
		try (PreparedStatement statement = prepare(sql, arguments); ResultSet row = statement.executeQuery()) {
			row.next();
			return row.getString(1);
		}
	}

	private PreparedStatement prepare(String sql, Object... arguments) throws SQLException {
		PreparedStatement statement = this.connection.prepareStatement(sql);
		for (int i = 0; i < arguments.length; i++) {
			statement.setObject(i + 1, arguments[i]);
		}
		return statement;
	}

	private Array array(String type, Object... values) throws SQLException {
		return this.connection.createArrayOf(type, values);
	}

}
