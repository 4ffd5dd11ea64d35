package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who ends a job, or changes a queue, in a transaction that does not see what was held
 * since it began, lets that go all the same.
 */
class OldSnapshotTests extends AbstractRunLogTests {

	private static final String[] BOTH = { "ordering_key => 'o'", "queue => 'q'" };

	OldSnapshotTests(TestDatabase database) {
		super(database);
	}

	private void assertReleases(String isolation, String sql) throws SQLException {
		try (Session open = this.queue.app()) {
			open.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT FROM public.run");
			job("behind", BOTH);
			assertThat(this.app.work().completed()).isZero();
			open.run(sql, "COMMIT");
		}
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("behind");
		assertThat(this.runLog.remains()).isZero();
	}

	private void setQueue() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void cancellation(String isolation) throws SQLException {
		setQueue();
		String first = this.app
			.value(dispatch("SELECT 1/0", BOTH[0], BOTH[1], "max_attempts => 2", "back_off => '1 hour'"));
		this.app.work();
		assertReleases(isolation, "SELECT pgdispatch.cancel(" + first + ")");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void completionOfAHandlersJob(String isolation) throws SQLException {
		setQueue();
		calls("h", BOTH);
		Node.Job job = this.node.claim(1, "h").get(0);
		assertReleases(isolation, "SELECT pgdispatch.complete_handler_job('%s', 'h', '%s', %d, %d)"
			.formatted(this.node.id(), job.dueAt(), job.id(), job.attempt()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void deletionOfADeadLetter(String isolation) throws SQLException {
		setQueue();
		this.app.run(dispatch("SELECT 1/0", BOTH));
		this.app.work();
		assertReleases(isolation, "DELETE FROM pgdispatch.dead_letter");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void changeOfAQueue(String isolation) throws SQLException {
		for (String change : List.of("resume(queue => 'q')", "set_queue('q', concurrency => 2)", "drop_queue('q')")) {
			this.queue.clear();
			this.app.run("TRUNCATE public.run");
			setQueue();
			if (change.startsWith("resume")) {
				this.app.run("SELECT pgdispatch.pause(queue => 'q')");
			}
			else {
				calls("h", BOTH[1]);
				this.node.claim(1, "h");
			}
			try (Session open = this.queue.app()) {
				open.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT FROM public.run");
				job("behind", BOTH);
				assertThat(this.app.work().completed()).isZero();
				open.run("SELECT pgdispatch." + change, "COMMIT");
			}
			this.app.work();
			assertThat(this.runLog.runs()).as(change).containsExactly("behind");
		}
	}

}
