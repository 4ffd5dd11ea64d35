package io.github.pgdispatch.cron;

import java.time.Duration;

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
 * As many of pg_cron's jobs as the work needs, and as the settings allow.
 */
@PgCronTest("cron.max_running_jobs=40")
@Execution(ExecutionMode.CONCURRENT)
class PgCronScalingTests {

	private final CronQueue queue;

	PgCronScalingTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	/**
	 * However the jobs come, the workers that they need are scheduled with them, and not
	 * by the first worker that finds them.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "SELECT count(pgdispatch.dispatch(%s)) FROM generate_series(1, 20)",
			"SELECT pgdispatch.fire_all(array_fill(%s, ARRAY[20]))",
			"SELECT count(pgdispatch.dispatch(%s, max_attempts => 2)) FROM generate_series(1, 20)",
			"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(pgdispatch.dispatch(%s)) FROM generate_series(1, 20)",
			"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT pgdispatch.fire_all(array_fill(%s, ARRAY[20]))" })
	void burstOfSlowJobsGetsItsWorkersAtOnce(String burst) throws Exception {
		this.queue.withWorkers(16);
		try (Session gate = this.queue.closeGate()) {
			this.queue.asApp("BEGIN; " + burst.formatted("$$" + CronQueue.held("slow") + "$$::text") + "; COMMIT");
			assertThat(this.queue.count("cron.job")).isEqualTo(16);
			await().until(() -> this.queue.jobsAtTheGate() == 16);
		}
		this.queue.awaitEffects(20);
		this.queue.awaitIdle();
	}

	@Test
	void singleCommandOfAListGetsASingleWorker() {
		this.queue.withWorkers(16).asApp("SELECT pgdispatch.fire_all(ARRAY['SELECT 1'])");
		assertThat(this.queue.count("cron.job")).isEqualTo(1);
		this.queue.awaitIdle();
	}

	@Test
	void noMoreThanAreAllowedRunAtOnce() {
		this.queue.withWorkers(3).fire(CronQueue.slowEffect("slow", Duration.ofSeconds(1)), 9);
		await().until(() -> {
			assertThat(this.queue.count("cron.job")).isLessThanOrEqualTo(3);
			assertThat(this.queue.workersRunning()).isLessThanOrEqualTo(3);
			return this.queue.count("effect") == 9;
		});
		assertThat(this.queue.value("count(DISTINCT pid) FROM effect", Integer.class)).isEqualTo(3);
		this.queue.awaitIdle();
	}

}
