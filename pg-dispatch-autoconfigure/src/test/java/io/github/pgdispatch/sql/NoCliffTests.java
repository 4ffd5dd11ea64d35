package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a job costs does not depend on how many there are. Counts what PostgreSQL reads,
 * and no time.
 */
class NoCliffTests extends AbstractQueueTests {

	private static final int JOBS = 20_000;

	private int tableScans;

	private int indexEntries;

	NoCliffTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void count() throws SQLException {
		// As if the table had always been empty.
		this.queue.run("ALTER TABLE pgdispatch.job SET (autovacuum_enabled = false)", "VACUUM ANALYZE pgdispatch.job");
		this.tableScans = tableScans();
		this.indexEntries = indexEntries();
	}

	private int tableScans() throws SQLException {
		return Integer.parseInt(
				this.queue.value("SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'pgdispatch.job'::regclass"));
	}

	private int indexEntries() throws SQLException {
		return Integer.parseInt(this.queue
			.value("SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relid = 'pgdispatch.job'::regclass"));
	}

	private void fireMany(Session session) throws SQLException {
		session.run("SELECT pgdispatch.dispatch('SELECT 1') FROM generate_series(1, " + JOBS + ")");
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "postgres" })
	void plansMadeOnAnEmptyTableAreGoodForAFullOne(String role) throws SQLException {
		try (Session worker = this.queue.session(role)) {
			for (int i = 0; i < 10; i++) {
				worker.fire("SELECT 1");
				worker.work("prefetch => 50");
			}
			worker.run("SELECT pgdispatch.poll_queue(10, false)");
			fireMany(worker);
			worker.run("SELECT pgdispatch.poll_queue(10, false)");
			assertThat(worker.work().completed()).isEqualTo(JOBS);
			worker.run("SELECT pgdispatch.poll_queue(10, false)");
		}
		assertReadOnce(JOBS + 10);
	}

	@Test
	void whatHasRunIsNotReadAgainAndAgainWhileAnOldSnapshotKeepsIt() throws SQLException {
		try (Session old = this.queue.admin()) {
			old.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1");
			fireMany(this.app);
			this.app.work();
			old.run("COMMIT");
		}
		this.app.close();
		assertReadOnce(JOBS);
	}

	@Test
	void snoozedJobsAreNotReadBeforeTheyAreDue() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', '1 hour') FROM generate_series(1, " + JOBS + ")");
		for (int i = 0; i < 100; i++) {
			this.app.fire("SELECT 1");
			this.app.work();
			this.app.run("SELECT pgdispatch.poll_queue(10, false)");
		}
		this.app.close();
		assertReadOnce(100);
	}

	private void assertReadOnce(int jobs) throws SQLException {
		// The statistics of a session are there some time after its end.
		this.queue
			.awaitTrue("n_tup_del >= " + jobs + " FROM pg_stat_user_tables WHERE relid = 'pgdispatch.job'::regclass");
		assertThat(tableScans() - this.tableScans).as("table scans, of which emptying it is one").isLessThan(5);
		// A claim and a deletion each, and the looks for what was committed late. Were
		// each chunk to begin at the oldest, it would be hundreds of each job. What
		// autovacuum keeps alive in the database meanwhile is read a few times more.
		assertThat(indexEntries() - this.indexEntries).isLessThan(8 * jobs + JOBS / 2);
	}

}
