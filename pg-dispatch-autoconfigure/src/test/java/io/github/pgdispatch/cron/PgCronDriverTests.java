package io.github.pgdispatch.cron;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * With pg_cron, a database runs its jobs with no application alive, and is idle when
 * nothing is due.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronDriverTests {

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronDriverTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@Test
	void jobRunsAndLeavesNothingBehind() {
		this.queue.fire(CronQueue.effect("job"));
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void transactionMakesOneCronJobForAllItsDispatches(String isolation) throws SQLException {
		try (Connection connection = this.server.database().dataSource("app").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("BEGIN ISOLATION LEVEL " + isolation);
			for (int i = 0; i < 100; i++) {
				statement.execute("SELECT pgdispatch.snooze($$" + CronQueue.effect("job") + "$$, '3 seconds')");
			}
			statement.execute("COMMIT");
		}
		assertThat(this.queue.count("cron.job")).isOne();
		this.queue.awaitEffects(100);
	}

	@Test
	void whatIsRolledBackNeverRanAndLeavesNothingBehind() throws SQLException {
		try (Connection connection = this.server.database().dataSource("app").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("BEGIN");
			statement.execute("SELECT pgdispatch.fire($$" + CronQueue.effect("never") + "$$)");
			statement.execute("ROLLBACK");
		}
		this.queue.awaitIdle();
		this.queue.fire(CronQueue.effect("job"));
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@Test
	void lingeringWorkersTakeWhatComesWithoutACronJobEach() {
		this.queue.lingering("1 hour").fire(CronQueue.effect("cold"));
		this.queue.awaitEffects(1);
		await().until(() -> this.queue.value("""
				count(*)
				  FROM pg_locks
				 WHERE locktype = 'advisory'
				   AND mode = 'ExclusiveLock'
				   AND classid::bigint = (SELECT pgdispatch.cron_lookout_lock('app') >> 32)""", Integer.class) == 1);
		int scheduled = this.queue.value("last_value FROM cron.jobid_seq", Integer.class);
		for (int i = 2; i <= 100; i++) {
			this.queue.fire(CronQueue.effect("hot"));
			this.queue.awaitEffects(i);
		}
		// Between the end of a job and the next look another worker may have been called.
		int most = 4;
		assertThat(this.queue.value("last_value FROM cron.jobid_seq", Integer.class)).isLessThan(scheduled + most);
		assertThat(this.queue.value("count(DISTINCT pid) FROM effect", Integer.class)).isLessThanOrEqualTo(most);
	}

	/**
	 * What pg_dispatch 0.1.5 promises in tests of its own.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1", "SELECT 1 / 0" })
	void withoutLingeringOneJobIsOneCronJobAndOneRun(String end) throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.lingering("0").fire(CronQueue.held("job") + "; " + end);
			assertThat(this.queue.count("cron.job")).isOne();
			await().until(() -> this.queue.jobsAtTheGate() == 1
					&& this.queue.count("cron.job_run_details WHERE status = 'running'") == 1);
			assertThat(this.queue.count("cron.job")).isOne();
			assertThat(this.queue.count("cron.job_run_details")).isOne();
		}
		this.queue.awaitIdle();
	}

}
