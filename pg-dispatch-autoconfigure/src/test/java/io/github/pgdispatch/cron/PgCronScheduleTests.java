package io.github.pgdispatch.cron;

import java.time.Duration;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Where only pg_cron runs jobs, it also runs the ticks of schedules, and nothing else
 * while a schedule is paused.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronScheduleTests {

	private final CronQueue queue;

	PgCronScheduleTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@Test
	void dueTimesHaveTheirJobsUntilTheScheduleIsPaused() {
		this.queue.lingering("0");
		this.queue.ask("SELECT pgdispatch.schedule('pulse', '3 seconds', $$" + CronQueue.effect("pulse")
				+ "$$, missed => 'all')");
		await().atMost(Duration.ofSeconds(60)).until(() -> runs() >= 4);
		this.queue.ask("SELECT pgdispatch.pause_schedule('pulse')");
		this.queue.awaitIdle();
		assertThat(this.queue.count("effect")).isEqualTo(runs());
		assertThat(this.queue.ask("SELECT skipped::text FROM pgdispatch.schedules()")).isEqualTo("0");
		this.queue.ask("SELECT pgdispatch.unschedule('pulse')::text");
	}

	private int runs() {
		return Integer.parseInt(this.queue.ask("SELECT runs::text FROM pgdispatch.schedules()"));
	}

}
