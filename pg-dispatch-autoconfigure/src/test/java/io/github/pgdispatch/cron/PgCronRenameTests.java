package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronServers;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * pg_cron keeps the names of roles, databases and hosts. When one of them is renamed,
 * whoever comes next repairs what pg_cron has.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronRenameTests {

	private final PgCronServer server;

	private final TestDatabase renamed;

	PgCronRenameTests(PgCronServers servers) {
		this.server = servers.start();
		this.renamed = new TestDatabase(this.server.reachablePort(), "renamed");
	}

	@BeforeEach
	void snooze() {
		CronQueue queue = new CronQueue(this.server.database()).prepare().lingering("0");
		queue.snooze(CronQueue.effect("late"), "1 hour");
		queue.snooze(CronQueue.effect("early"), "40 seconds");
		awaitAlarm(queue);
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void dispatchRepairsWhatNamesTheFormerDatabase() {
		CronQueue queue = renameDatabase();
		queue.fire(CronQueue.effect("new"));
		queue.awaitEffects(1);
		assertRepaired(queue);
	}

	@Test
	void pollRepairsWhatNamesTheFormerDatabase() throws SQLException {
		CronQueue queue = renameDatabase();
		poll(queue);
		assertRepaired(queue);
	}

	@Test
	void pollRepairsWhatNamesTheFormerHost() throws SQLException {
		this.server.configure("cron.host=127.0.0.2");
		this.server.stop();
		this.server.startAgain();
		CronQueue queue = new CronQueue(this.server.database());
		poll(queue);
		assertThat(queue.count("cron.job WHERE nodename <> '127.0.0.2'")).isZero();
		queue.run("UPDATE pgdispatch.job SET due_at = now()");
		queue.fire(CronQueue.effect("new"));
		queue.awaitEffects(3);
		queue.awaitIdle();
	}

	private CronQueue renameDatabase() {
		this.server.configure("shared_preload_libraries=");
		this.server.stop();
		this.server.startAgain();
		new TestDatabase(this.server.reachablePort(), "postgres").jdbc("postgres")
			.sql("ALTER DATABASE test RENAME TO renamed")
			.update();
		this.server.configure("shared_preload_libraries=pg_cron", "cron.database_name=renamed");
		this.server.stop();
		this.server.startAgain();
		return new CronQueue(this.renamed);
	}

	private void poll(CronQueue queue) throws SQLException {
		try (Session node = new Session(
				new TestDatabase(this.server.reachablePort(), queue.value("current_database()", String.class)),
				"app")) {
			await().untilAsserted(() -> {
				node.value("SELECT pgdispatch.poll_queue(10, false)");
				assertThat(queue.count("pgdispatch.cron_worker AS w WHERE NOT EXISTS (SELECT FROM cron.job AS j"
						+ " WHERE j.jobname = pgdispatch.cron_name(w.id) AND j.database = current_database()"
						+ " AND j.nodename = current_setting('cron.host'))"))
					.isZero();
			});
			assertThat(queue.count("cron.job")).isPositive();
		}
	}

	private static void assertRepaired(CronQueue queue) {
		await().atMost(Duration.ofMinutes(2)).until(() -> queue.effects().contains("early"));
		awaitAlarm(queue);
		assertThat(queue.count("cron.job WHERE database <> 'renamed'")).isZero();
		assertThat(queue.count("cron.job")).isEqualTo(2);
		assertThat(queue.count("pgdispatch.cron_worker")).isEqualTo(2);
	}

	private static void awaitAlarm(CronQueue queue) {
		await().until(
				() -> queue.workersRunning() == 0 && queue.count("pgdispatch.cron_worker WHERE purpose = 'work'") == 0
						&& queue.count("pgdispatch.cron_worker WHERE purpose = 'alarm'") == 1);
	}

}
