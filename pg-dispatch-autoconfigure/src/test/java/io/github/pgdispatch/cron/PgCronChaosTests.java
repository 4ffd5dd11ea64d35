package io.github.pgdispatch.cron;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Dispatches by triggers, with no application and whatever is killed: each that was
 * committed has its effect exactly once.
 */
@PgCronTest("fsync=on")
class PgCronChaosTests {

	private static final int SESSIONS = 8;

	/**
	 * An eighth of them are of the server, and an eighth of pg_cron's launcher.
	 */
	private static final int KILLS = 32;

	/**
	 * How many requests there are at least, also on a slow machine.
	 */
	private static final int REQUESTS = 5_000;

	/**
	 * Of a session after a hundred requests, so that the workers keep up.
	 */
	private static final Duration PAUSE = Duration.ofSeconds(1);

	private static final int SEED = 20261124;

	private static final int[] ISOLATION_LEVELS = { Connection.TRANSACTION_READ_COMMITTED,
			Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE };

	private static final String SERIALIZATION_FAILURE = "40001";

	private final PgCronServer server;

	private final TestDatabase database;

	private final JdbcClient postgres;

	private final AtomicInteger nextRequest = new AtomicInteger();

	private final AtomicInteger serializationFailures = new AtomicInteger();

	private final AtomicBoolean chaosIsOver = new AtomicBoolean();

	PgCronChaosTests(PgCronServer server) {
		this.server = server;
		this.database = server.database();
		this.postgres = this.database.jdbc("postgres");
	}

	@Test
	void everyCommittedDispatchHasItsEffectExactlyOnce() throws Exception {
		install();
		ExecutorService sessions = Executors.newFixedThreadPool(SESSIONS);
		try {
			List<Future<?>> clients = IntStream.range(0, SESSIONS)
				.<Future<?>>mapToObj(
						(client) -> sessions.submit(() -> request(ISOLATION_LEVELS[client % ISOLATION_LEVELS.length])))
				.toList();
			kill(new Random(SEED));
			this.chaosIsOver.set(true);
			for (Future<?> client : clients) {
				client.get();
			}
		}
		finally {
			sessions.shutdownNow();
		}
		assertThat(count("request")).isGreaterThanOrEqualTo(REQUESTS);
		assertThat(this.serializationFailures).hasValue(0);
		await().atMost(Duration.ofMinutes(3)).until(() -> count("pgdispatch.job") == 0);
		assertThat(this.postgres
			.sql("""
					SELECT id
					  FROM request
					  LEFT JOIN (SELECT request_id AS id, count(*) AS times FROM effect GROUP BY request_id) AS effects USING (id)
					 WHERE coalesce(times, 0) <> CASE WHEN id % 10 = 0 THEN 0 ELSE 1 END""")
			.query(Integer.class)
			.list()).isEmpty();
		assertThat(this.postgres.sql("SELECT count(*) FROM effect WHERE request_id NOT IN (SELECT id FROM request)")
			.query(Integer.class)
			.single()).isZero();
		assertThat(this.postgres.sql("SELECT DISTINCT sqlstate FROM pgdispatch.dead_letter").query(String.class).list())
			.containsExactly("22012");
		assertThat(count("pgdispatch.dead_letter")).isEqualTo(
				this.postgres.sql("SELECT count(*) FROM request WHERE id % 10 = 0").query(Integer.class).single());
		new CronQueue(this.database).awaitIdle();
	}

	private void install() {
		this.database.install("postgres");
		this.postgres.sql("CALL pgdispatch.grant_to('app')").update();
		JdbcClient app = this.database.jdbc("app");
		app.sql("CREATE TABLE request (id bigint PRIMARY KEY)").update();
		app.sql("CREATE TABLE effect (request_id bigint)").update();
		app.sql("""
				CREATE FUNCTION follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					PERFORM pgdispatch.fire(format(
						'INSERT INTO public.effect VALUES (%s); SELECT 1 / (%s %% 10)', NEW.id, NEW.id));
					RETURN NULL;
				END
				$$""").update();
		app.sql("CREATE TRIGGER follow_up AFTER INSERT ON request FOR EACH ROW EXECUTE FUNCTION follow_up()").update();
	}

	/**
	 * Sends requests at a steady rate while there is chaos. Whether one was committed
	 * whose answer was lost is for the database to tell.
	 */
	private void request(int isolation) {
		while (!Thread.currentThread().isInterrupted()) {
			try (Connection connection = this.database.dataSource("app").getConnection();
					PreparedStatement insert = connection.prepareStatement("INSERT INTO request VALUES (?)")) {
				connection.setTransactionIsolation(isolation);
				while (!this.chaosIsOver.get() || count("request") < REQUESTS) {
					for (int i = 0; i < 100; i++) {
						insert.setLong(1, this.nextRequest.incrementAndGet());
						insert.executeUpdate();
					}
					pause(PAUSE);
				}
				return;
			}
			catch (SQLException | DataAccessException ex) {
				if (ex instanceof SQLException sql && SERIALIZATION_FAILURE.equals(sql.getSQLState())) {
					this.serializationFailures.incrementAndGet();
				}
				pause(Duration.ofMillis(50));
			}
		}
	}

	private void kill(Random random) {
		for (int i = 1; i <= KILLS; i++) {
			pause(Duration.ofMillis(500 + random.nextInt(1500)));
			if (i % 8 == 0) {
				this.server.stopImmediately();
				this.server.startAgain();
			}
			else if (i % 4 == 0) {
				terminate("backend_type = 'pg_cron launcher'");
			}
			else {
				terminate("query LIKE 'DO %CALL pgdispatch.cron_work(%' AND random() < 0.5");
			}
		}
	}

	private void terminate(String condition) {
		this.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + condition)
			.query()
			.listOfRows();
	}

	private int count(String table) {
		return this.postgres.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	private static void pause(Duration duration) {
		try {
			Thread.sleep(duration.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
