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
 * pg_cron runs commands outside of a transaction, and cancels those that take too long,
 * with no application alive, and leaves nothing behind.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronNonTransactionalTests {

	/**
	 * pg_cron begins such a command with a minute of the clock.
	 */
	private static final Duration A_MINUTE_AND_MORE = Duration.ofSeconds(100);

	private final CronQueue queue;

	PgCronNonTransactionalTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@Test
	void runsWhatRefusesATransactionAndEndsWhatTakesTooLong() {
		this.queue.asApp("CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO effect VALUES ('first');"
				+ " COMMIT; INSERT INTO effect VALUES ('second'); END $$");
		this.queue.asApp("SELECT pgdispatch.dispatch('CALL commits()', transactional => false)");
		this.queue.asApp("SELECT pgdispatch.dispatch('VACUUM nothing', transactional => false)");
		this.queue
			.asApp("SELECT pgdispatch.dispatch('VACUUM effect', transactional => false, ordering_key => 'behind')");
		this.queue
			.asApp("SELECT pgdispatch.dispatch('INSERT INTO effect VALUES (''third'')', ordering_key => 'behind')");
		await().atMost(A_MINUTE_AND_MORE).until(() -> this.queue.effects().size() == 3);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("first", "second", "third");
		await().until(() -> this.queue.count("pgdispatch.dead_letter WHERE message LIKE '%nothing%'") == 1);
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.managed_job")).isZero();
	}

	@Test
	void guardCancelsWhatTakesTooLong() {
		this.queue.asApp(
				"SELECT pgdispatch.dispatch('SELECT pg_sleep(100)', time_limit => '2 seconds', max_attempts => 2, back_off => '0')");
		await().atMost(Duration.ofSeconds(60))
			.until(() -> this.queue.count("pgdispatch.dead_letter WHERE sqlstate = 'PD001' AND attempts = 2") == 1);
		this.queue.awaitIdle();
	}

	@Test
	void timeLimitBeginsWithTheCommand() {
		this.queue.asApp("""
				SELECT pgdispatch.dispatch('INSERT INTO effect (job) SELECT ''slept'' FROM pg_sleep(1)',
				           transactional => false, time_limit => '2 seconds')""");
		await().atMost(A_MINUTE_AND_MORE).until(() -> this.queue.effects().size() == 1);
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void guardCancelsACommandThatTakesTooLongWhateverTheLanguageOfTheServer() {
		this.queue.run("""
				CREATE FUNCTION translate() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					NEW.return_message := replace(NEW.return_message, 'canceling statement', 'storniere Anfrage');
					RETURN NEW;
				END $$""");
		this.queue.run(
				"CREATE TRIGGER translate BEFORE UPDATE ON cron.job_run_details FOR EACH ROW EXECUTE FUNCTION translate()");
		try {
			this.queue.asApp(
					"SELECT pgdispatch.dispatch('SELECT pg_sleep(99)', transactional => false, time_limit => '2 seconds')");
			await().atMost(A_MINUTE_AND_MORE)
				.until(() -> this.queue.count("pgdispatch.dead_letter WHERE sqlstate = 'PD001'") == 1);
		}
		finally {
			this.queue.run("DROP FUNCTION translate() CASCADE");
		}
		this.queue.awaitIdle();
	}

}
