package io.github.pgdispatch.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.test.NextVersion;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGStatement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing is lost, and nothing runs twice, while the schema is upgraded under nodes that
 * go on calling what they have known.
 */
@Tag("every-postgresql")
@PostgresTest
class UpgradeWhileInUseTests {

	private final AtomicBoolean stopped = new AtomicBoolean();

	private int dispatched;

	@Test
	void nothingIsLostAndNothingRunsTwice(TestDatabase database) throws Exception {
		NextVersion next = NextVersion.get();
		try (Queue queue = new Queue(database)) {
			queue.run("DROP SCHEMA IF EXISTS pgdispatch CASCADE", "DROP TABLE IF EXISTS public.effect");
			database.install("postgres");
			queue.grantTo("app");
			try (Session app = queue.app()) {
				app.run("CREATE TABLE public.effect (job text)");
				app.fire("SELECT 1/0");
				app.work();
				app.fire(Queue.effect("waiting"));
				app.run("SELECT pgdispatch.snooze($$" + Queue.effect("snoozed") + "$$, '2 seconds')",
						"SELECT pgdispatch.snooze($$" + Queue.effect("not yet") + "$$, '1 hour')");
			}
			FutureTask<Integer> worker = Session.async(() -> work(database));
			FutureTask<Integer> dispatcher = Session.async(() -> dispatch(database));
			await().until(() -> queue.effects().size() > 100);
			database.update("postgres", next);
			int before = queue.effects().size();
			await().until(() -> queue.effects().size() > before + 100 && queue.effects().contains("snoozed"));
			this.stopped.set(true);
			int jobs = dispatcher.get();
			// The procedure that ran then may have been replaced.
			assertThat(worker.get()).isLessThanOrEqualTo(1);
			try (Session app = queue.app()) {
				app.work();
				assertThat(app.value("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter")).isEqualTo("t");
				app.work();
			}
			assertThat(queue.effects()).hasSize(jobs + 2).doesNotHaveDuplicates();
			assertThat(queue.values("SELECT message FROM pgdispatch.dead_letter")).containsExactly("division by zero");
			assertThat(queue.value("SELECT command FROM pgdispatch.job")).contains("not yet");
		}
	}

	/**
	 * Drives the queue as a node of the old version does.
	 */
	private int work(TestDatabase database) throws SQLException {
		int failures = 0;
		int prefetch = 1;
		Object afterDueAt = OffsetDateTime.MIN;
		long afterId = 0;
		try (Connection connection = database.dataSource("app").getConnection()) {
			while (!this.stopped.get()) {
				try (PreparedStatement call = connection
					.prepareStatement("CALL pgdispatch.work(make_interval(secs => ?), ?, ?, ?)")) {
					call.unwrap(PGStatement.class).setPrepareThreshold(0);
					call.setDouble(1, 0.05);
					call.setInt(2, prefetch);
					call.setObject(3, afterDueAt);
					call.setLong(4, afterId);
					try (ResultSet row = call.executeQuery()) {
						row.next();
						prefetch = row.getInt("prefetch");
						afterDueAt = row.getObject("after_due_at", OffsetDateTime.class);
						afterId = row.getLong("after_id");
					}
				}
				catch (SQLException ex) {
					failures++;
					assertThat(ex.getMessage()).contains("cache lookup failed for function");
				}
			}
		}
		return failures;
	}

	private int dispatch(TestDatabase database) throws SQLException {
		try (Connection connection = database.dataSource("app").getConnection();
				PreparedStatement dispatch = connection
					.prepareStatement("SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?)")) {
			while (!this.stopped.get()) {
				dispatch.setString(1, Queue.effect("job " + this.dispatched++));
				dispatch.setDouble(2, 0);
				dispatch.setBoolean(3, this.dispatched % 2 == 0);
				dispatch.execute();
			}
		}
		return this.dispatched;
	}

}
