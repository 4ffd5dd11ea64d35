package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;

import io.github.pgdispatch.test.Attempts;
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
 * What is promised holds however pg_cron is set up.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronPromiseTests {

	private final CronQueue queue;

	PgCronPromiseTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "5 seconds" })
	void jobRunsOnceAndNothingIsLeft(String linger) {
		this.queue.lingering(linger).fire(CronQueue.effect("job"));
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@Test
	void eachOfManyRunsOnce() {
		this.queue.run("CREATE TABLE IF NOT EXISTS once (id bigint PRIMARY KEY)");
		this.queue.run("TRUNCATE once");
		this.queue.run("GRANT INSERT ON once TO app");
		this.queue.fireEach("INSERT INTO public.once VALUES (%s)", 5_000);
		await().until(() -> this.queue.count("once") == 5_000);
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void jobThatFailsLeavesItsErrorAndNothingElse() {
		this.queue.lingering("0").fire(CronQueue.effect("undone") + "; SELECT 1 / 0");
		await().until(() -> this.queue.count("pgdispatch.dead_letter") == 1);
		assertThat(this.queue.value("message FROM pgdispatch.dead_letter", String.class)).isEqualTo("division by zero");
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void slowJobsRunSideBySide() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.fire(CronQueue.held("slow"), 4);
			await().until(() -> this.queue.jobsAtTheGate() == 4);
		}
		this.queue.awaitEffects(4);
		assertThat(this.queue.value("count(DISTINCT pid) FROM effect", Integer.class)).isEqualTo(4);
		this.queue.awaitIdle();
	}

	@Test
	void jobWhoseSessionIsKilledRunsAgain() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.lingering("0").fire(CronQueue.held("job"));
			await().until(() -> this.queue.jobsAtTheGate() == 1);
			this.queue.terminate(CronQueue.WORKER);
			await().until(() -> this.queue.jobsAtTheGate() == 0);
		}
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@Test
	void jobThatKillsItsSessionIsGivenUp() {
		this.queue.lingering("0").fire("SELECT pg_terminate_backend(pg_backend_pid())");
		await().atMost(Duration.ofSeconds(60)).until(() -> this.queue.count("pgdispatch.dead_letter") == 1);
		assertThat(this.queue.value("sqlstate FROM pgdispatch.dead_letter", String.class)).isEqualTo("58000");
		this.queue.awaitIdle();
	}

	@Test
	void snoozedJobIsOnTime() throws Exception {
		Duration late = Duration.ofSeconds(2);
		assertThat(Attempts.shortest(late, () -> {
			prepare();
			OffsetDateTime dueAt = this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "8 seconds");
			return this.queue.awaitLateness(dueAt);
		})).isLessThanOrEqualTo(late);
		this.queue.awaitIdle();
	}

}
