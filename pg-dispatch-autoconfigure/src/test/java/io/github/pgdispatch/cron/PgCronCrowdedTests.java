package io.github.pgdispatch.cron;

import java.sql.SQLException;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Where pg_cron has room for few jobs, ours leave some to those of others, and run once
 * the others leave some to ours.
 */
@PgCronTest("cron.max_running_jobs=3")
@Execution(ExecutionMode.CONCURRENT)
class PgCronCrowdedTests {

	private static final String OTHERS = "query LIKE 'SELECT pg_sleep(1000)%'";

	private final CronQueue queue;

	PgCronCrowdedTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	/**
	 * It takes pg_cron ten seconds to give up a run that it could not start.
	 */
	@Test
	void jobsWaitForRoomAndRunAsSoonAsThereIsSome() {
		for (int i = 0; i < 3; i++) {
			this.queue.run("SELECT cron.schedule('other %d', '1 second', 'SELECT pg_sleep(1000)')".formatted(i));
		}
		await().until(() -> this.queue.count("pg_stat_activity WHERE " + OTHERS) == 3);
		this.queue.fire(CronQueue.effect("waiting"));
		this.queue.run("CREATE TABLE waiting_since AS SELECT now() AS at");
		await().until(() -> this.queue.is("now() > at + interval '13 seconds' FROM waiting_since"));
		this.queue.fire(CronQueue.effect("waiting"), 5);
		assertThat(this.queue.effects()).isEmpty();
		this.queue.run("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname LIKE 'other%'");
		this.queue.terminate(OTHERS);
		this.queue.awaitEffects(6);
		this.queue.run("DELETE FROM cron.job_run_details WHERE command LIKE 'SELECT pg_sleep(1000)%'");
		this.queue.awaitIdle();
	}

	@Test
	void jobsOfOthersFindRoomBesideOurs() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.withWorkers(32).fire(CronQueue.held("ours"), 12);
			await().until(() -> this.queue.jobsAtTheGate() == 2);
			this.queue.run("SELECT cron.schedule('other', '1 second', 'INSERT INTO effect VALUES (''other'')')");
			await().until(() -> this.queue.effects().contains("other"));
			assertThat(this.queue.effects()).containsOnly("other");
		}
	}

}
