package io.github.pgdispatch.driver;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.Schedule.Missed;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever is killed or restarted meanwhile, and however the clock is set: each due time
 * of a schedule has one job, and each job has its effect once.
 */
class ScheduleChaosTests {

	private PostgresServer server;

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install() {
		this.server = PostgresServer.start("fsync=off");
		this.database = this.server.createDatabase().install("app");
		this.jdbc = this.database.jdbc("app");
		// By how much the clock was put forward. Due times are noted as if it had not
		// been.
		this.jdbc.sql("CREATE TABLE clock (seconds integer)").update();
		this.jdbc.sql("INSERT INTO clock VALUES (0)").update();
		this.jdbc.sql("CREATE TABLE dispatched (name text, id bigint, due integer)").update();
		this.jdbc.sql("CREATE TABLE effect (name text, id bigint)").update();
		this.jdbc.sql("""
				CREATE FUNCTION note_due_time() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
				    INSERT INTO public.dispatched
				    SELECT NEW.headers ->> 'schedule', NEW.id,
				           round(date_part('epoch', (NEW.headers ->> 'schedule-due-at')::timestamptz)) + seconds
				      FROM public.clock;
				    RETURN NULL;
				END $$""").update();
		for (String table : List.of("job", "handler_job")) {
			this.jdbc.sql("CREATE TRIGGER note_due_time AFTER INSERT ON pgdispatch." + table
					+ " FOR EACH ROW WHEN (NEW.headers ->> 'schedule' IS NOT NULL) EXECUTE FUNCTION note_due_time()")
				.update();
		}
	}

	@AfterEach
	void close() {
		this.server.close();
	}

	@Test
	void eachDueTimeHasOneJobWhateverIsKilledAndHoweverTheClockIsSet() throws Exception {
		JvmProcess killed = jvm("killed");
		try (killed; HandlerNode steady = HandlerNode.start(this.database, Methods.class, properties("steady"))) {
			ask("""
					SELECT pgdispatch.schedule('sql', '1 second', 'INSERT INTO public.effect VALUES (''sql'')',
					           missed => 'all', overlap => true, max_attempts => 30, back_off => '100 ms')""",
					"""
							SELECT pgdispatch.schedule_handler('method', '1 second', 'chaos.method', missed => 'all', overlap => true,
							           max_attempts => 30, back_off => '100 ms')""");
			await().until(() -> schedules().size() == 3);
			await().atMost(Duration.ofSeconds(60)).until(() -> HandlerNode.hasStarted(killed));
			for (int round = 1; round <= 3; round++) {
				pass(1);
				terminateSessions();
				setClock(5);
				pass(1);
				terminateSessions();
				setClock(-3);
			}
			crash();
			pass(1);
			this.server.stop();
			this.server.startAgain();
			setClock(10);
			await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> isConnected("killed"));
			killed.kill();
			setClock(4);
			pass(3);
			// The node that is left has made up for what was missed.
			await().atMost(Duration.ofSeconds(60))
				.until(() -> count("pgdispatch.schedule WHERE next_at < clock_timestamp()") == 0);
			ask("SELECT pgdispatch.pause_schedule(name) FROM pgdispatch.schedules()");
			await().atMost(Duration.ofSeconds(60))
				.until(() -> count("pgdispatch.job") + count("pgdispatch.handler_job") == 0);
			assertThat(steady).isNotNull();
		}
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(
				this.jdbc.sql("SELECT name FROM pgdispatch.schedules() WHERE skipped > 0").query(String.class).list())
			.isEmpty();
		for (String name : List.of("sql", "method", "cron")) {
			String of = " FROM dispatched WHERE name = '" + name + "'";
			int jobs = value("count(*)" + of);
			assertThat(jobs).as(name).isGreaterThan(20);
			assertThat(value("count(DISTINCT due)" + of)).as(name).isEqualTo(jobs);
			assertThat(value("max(due) - min(due) + 1" + of)).as(name).isEqualTo(jobs);
			assertThat(value("count(*) FROM effect WHERE name = '" + name + "'")).as(name).isEqualTo(jobs);
			assertThat(value("count(DISTINCT id) FROM effect WHERE name = '" + name + "'")).as(name)
				.isEqualTo(name.equals("sql") ? 0 : jobs);
		}
	}

	/**
	 * Sets the clock, by setting all times that the database has stored the other way.
	 */
	private void setClock(int seconds) {
		await().ignoreExceptions().until(() -> {
			this.jdbc
				.sql("""
						DO $do$
						DECLARE
						    forward constant interval := interval '1 second' * %1$d;
						BEGIN
						    PERFORM FROM pgdispatch.schedule FOR UPDATE;
						    UPDATE public.clock SET seconds = seconds + %1$d;
						    UPDATE pgdispatch.schedule SET next_at = next_at - forward;
						    UPDATE pgdispatch.managed_job AS m SET due_at = due_at - forward, place = place - forward, rank = rank - forward
						     WHERE m.id IN (SELECT s.tick FROM pgdispatch.schedule AS s);
						    UPDATE pgdispatch.job AS j SET due_at = due_at - forward WHERE j.id IN (SELECT s.tick FROM pgdispatch.schedule AS s);
						    UPDATE pgdispatch.handler_job AS j SET due_at = due_at - forward WHERE j.id IN (SELECT s.tick FROM pgdispatch.schedule AS s);
						END $do$"""
					.formatted(seconds))
				.update();
			return true;
		});
	}

	private void terminateSessions() {
		this.database.jdbc("postgres").sql("""
				SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				 WHERE datname = current_database() AND usename = 'app' AND random() < 0.7""").query().listOfRows();
	}

	/**
	 * Has the server crash, which ends all sessions, and recover.
	 */
	private void crash() throws IOException, InterruptedException {
		String pid = this.database.jdbc("postgres")
			.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app' LIMIT 1")
			.query(String.class)
			.single();
		assertThat(new ProcessBuilder("kill", "-9", pid).start().waitFor()).isZero();
	}

	private boolean isConnected(String node) {
		return count("pg_stat_activity WHERE starts_with(application_name, '" + node + "')") > 0;
	}

	private static void pass(int seconds) throws InterruptedException {
		Thread.sleep(seconds * 1_000L);
	}

	private JvmProcess jvm(String name) {
		return HandlerNode.startJvm(this.database, name, Methods.class, properties(name));
	}

	private static String[] properties(String name) {
		return new String[] { "node.name=" + name, "pgdispatch.worker.poll-interval=200ms",
				"spring.datasource.hikari.data-source-properties.ApplicationName=" + name };
	}

	private List<String> schedules() {
		return this.jdbc.sql("SELECT name FROM pgdispatch.schedules()").query(String.class).list();
	}

	private void ask(String... queries) {
		for (String query : queries) {
			this.jdbc.sql(query).query().listOfRows();
		}
	}

	private int count(String rows) {
		return value("count(*) FROM " + rows);
	}

	private int value(String expression) {
		return this.jdbc.sql("SELECT " + expression).query(Integer.class).single();
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "chaos.method")
		@Transactional
		void method(DispatchContext context) {
			effect("method", context);
		}

		@AfterCommitDispatch(name = "chaos.cron", maxAttempts = 30, backOff = "100ms")
		@DispatchSchedule(name = "cron", cron = "* * * * * *", missed = Missed.ALL, overlapping = true)
		@Transactional
		void cron(DispatchContext context) {
			effect("cron", context);
		}

		private void effect(String name, DispatchContext context) {
			this.jdbc.sql("INSERT INTO effect VALUES (?, ?)").params(name, context.jobId()).update();
		}

	}

}
