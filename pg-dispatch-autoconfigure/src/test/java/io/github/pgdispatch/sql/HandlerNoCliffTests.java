package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What it costs to claim jobs of handlers does not depend on how many there are. Counts
 * what PostgreSQL reads, and no time.
 */
class HandlerNoCliffTests extends AbstractQueueTests {

	private static final int JOBS = 200_000;

	private static final int CLAIMS = 20;

	HandlerNoCliffTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void empty() throws SQLException {
		// As if the table had always been empty.
		this.queue.run("ALTER TABLE pgdispatch.handler_job SET (autovacuum_enabled = false)",
				"VACUUM ANALYZE pgdispatch.handler_job");
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "postgres" })
	void claimsReadWhatTheyClaim(String role) throws SQLException {
		int deleted = deleted();
		try (Session worker = this.queue.session(role)) {
			Node node = new Node(worker);
			for (int i = 0; i < 10; i++) {
				worker.run("SELECT pgdispatch.dispatch_handler('flood')");
				node.complete(node.claim(10, "flood", "other").get(0));
				watch(worker);
			}
			worker.run(
					"INSERT INTO pgdispatch.handler_job (handler, arguments, due_at) SELECT 'flood', '{}', now() - interval '1 hour' + i * interval '1 microsecond' FROM generate_series(1, %d) AS i"
						.formatted(JOBS));
			worker.run(
					"INSERT INTO pgdispatch.handler_job (handler, arguments, due_at) SELECT 'snoozed', '{}', now() + interval '1 hour' FROM generate_series(1, %d)"
						.formatted(JOBS / 10));
		}
		awaitDeleted(deleted + 10);
		int tableScans = tableScans();
		int indexEntries = indexEntries();
		try (Session worker = this.queue.session(role)) {
			Node node = new Node(worker);
			for (int i = 0; i < CLAIMS; i++) {
				Node.Job job = node.claim(1, "flood").get(0);
				assertThat(node.claim(10, "none", "snoozed")).isEmpty();
				assertThat(node.complete(job)).isTrue();
				watch(worker);
			}
		}
		awaitDeleted(deleted + 10 + CLAIMS);
		assertThat(tableScans() - tableScans).as("table scans, of which emptying it is one").isLessThan(5);
		assertThat(indexEntries() - indexEntries).as("index entries").isPositive().isLessThan(100 * CLAIMS);
	}

	@Test
	void claimsReadWhatTheyClaimWhileAnOldSnapshotIsHeld() throws SQLException {
		int jobs = 10_000;
		try (Session old = this.queue.admin(); Session worker = this.queue.app()) {
			worker.run("SELECT pgdispatch.dispatch_handler('flood') FROM generate_series(1, " + jobs + ")");
			old.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT FROM pgdispatch.handler_job LIMIT 1");
			int deleted = deleted();
			int indexEntries = indexEntries();
			Node node = new Node(worker);
			Node.Job last = null;
			for (int i = 0; i < jobs; i += 100) {
				List<Node.Job> claimed = node.claimAfter(last, 100, "flood");
				assertThat(claimed).hasSize(100);
				last = Collections.max(claimed, Comparator.comparing(Node.Job::id));
				node.complete(claimed);
			}
			assertThat(node.claimAfter(last, 100, "flood")).isEmpty();
			worker.close();
			awaitDeleted(deleted + jobs);
			assertThat(indexEntries() - indexEntries).isPositive().isLessThan(15 * jobs);
		}
	}

	@Test
	void completionsReadWhatTheyCompleteWithPlansOfAnEmptyTable() throws SQLException {
		int completed = 200;
		int deleted = deleted();
		int indexEntries = indexEntries();
		try (Session worker = this.queue.app()) {
			Node node = new Node(worker);
			for (int i = 0; i < 10; i++) {
				worker.run("SELECT pgdispatch.dispatch_handler('flood')");
				node.complete(node.claim(10, "flood"));
			}
			worker.run(
					"INSERT INTO pgdispatch.handler_job (handler, arguments) SELECT 'flood', '{}' FROM generate_series(1, 20000)");
			node.complete(node.claim(completed, "flood"));
		}
		awaitDeleted(deleted + 10 + completed);
		assertThat(indexEntries() - indexEntries).isPositive().isLessThan(10 * (completed + 10));
	}

	@Test
	void whatComesBeforeTheLastClaimIsClaimedWhenNothingComesBehindIt() throws SQLException {
		Node node = new Node(this.app);
		this.app.run("SELECT pgdispatch.dispatch_handler('a') FROM generate_series(1, 3)");
		List<Node.Job> jobs = node.claim(3, "a");
		node.release(jobs.get(0));
		node.release(jobs.get(2));
		assertThat(node.claimAfter(jobs.get(1), 1, "a")).containsExactly(jobs.get(2));
		assertThat(node.claimAfter(jobs.get(1), 1, "a")).containsExactly(jobs.get(0));
	}

	private static void watch(Session session) throws SQLException {
		session.run("SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{flood,none,snoozed}', false)",
				"SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{none}', false)");
	}

	private int deleted() throws SQLException {
		return Integer.parseInt(this.queue
			.value("SELECT n_tup_del FROM pg_stat_user_tables WHERE relid = 'pgdispatch.handler_job'::regclass"));
	}

	/**
	 * The statistics of a session are there some time after its end.
	 */
	private void awaitDeleted(int deleted) {
		this.queue.awaitTrue("n_tup_del >= " + deleted
				+ " FROM pg_stat_user_tables WHERE relid = 'pgdispatch.handler_job'::regclass");
	}

	private int tableScans() throws SQLException {
		return Integer.parseInt(this.queue
			.value("SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'pgdispatch.handler_job'::regclass"));
	}

	private int indexEntries() throws SQLException {
		return Integer.parseInt(this.queue.value(
				"SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relid = 'pgdispatch.handler_job'::regclass"));
	}

}
