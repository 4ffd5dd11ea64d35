package io.github.pgdispatch.driver;

import javax.sql.DataSource;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The application runs non-transactional commands, each at least once.
 */
@Tag("every-postgresql")
@PostgresTest
class NonTransactionalTests {

	private static final String SLOW = "CALL commits_and_sleeps()";

	private TestDatabase database;

	private JdbcClient jdbc;

	private TestNode node;

	@BeforeEach
	void start(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (what text, pid integer DEFAULT pg_backend_pid())").update();
		this.jdbc.sql("""
				CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
				BEGIN
					INSERT INTO effect VALUES ('first');
					COMMIT;
					INSERT INTO effect VALUES ('second');
				END $$""").update();
		this.jdbc.sql("""
				CREATE PROCEDURE commits_and_sleeps() LANGUAGE plpgsql AS $$
				BEGIN
					INSERT INTO effect VALUES ('begun');
					COMMIT;
					PERFORM pg_sleep(600);
				END $$""").update();
		this.node = TestNode.start(database, 2);
	}

	@AfterEach
	void stop() {
		this.jdbc.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL commits%'")
			.query()
			.listOfRows();
		this.node.close();
	}

	private long dispatch(String command, String options) {
		return this.jdbc.sql("SELECT pgdispatch.dispatch(?, transactional => false" + options + ")")
			.param(command)
			.query(Long.class)
			.single();
	}

	private <T> T value(String expression, Class<T> type) {
		return this.jdbc.sql("SELECT " + expression).query(type).single();
	}

	private void awaitNothingLeft() {
		await().until(() -> value("count(*) FROM pgdispatch.job", Long.class) == 0);
		assertThat(value("count(*) FROM pgdispatch.managed_job", Long.class)).isZero();
	}

	private void awaitEffects(int count) {
		await().until(() -> value("count(*) FROM effect", Integer.class) == count);
	}

	@ParameterizedTest
	@ValueSource(strings = { "VACUUM effect", "CREATE INDEX CONCURRENTLY ON effect (what)", "CALL commits()" })
	void runsCommandsThatRefuseATransaction(String command) {
		dispatch(command, "");
		awaitNothingLeft();
		assertThat(value("count(*) FROM pgdispatch.dead_letter", Long.class)).isZero();
	}

	@Test
	void sameCommandsFailInATransaction() {
		this.jdbc.sql("SELECT pgdispatch.fire('VACUUM effect')").query().singleRow();
		await().until(() -> value("count(*) FROM pgdispatch.dead_letter WHERE sqlstate = '25001'", Long.class) == 1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "serialization_failure", "deadlock_detected", "query_canceled" })
	void isNotRunAgainIfItsEndLosesARace(String condition) {
		this.jdbc.sql("CREATE SEQUENCE races").update();
		this.jdbc.sql("""
				CREATE FUNCTION lose_a_race() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					IF nextval('public.races') < 3 THEN
						RAISE %s;
					END IF;
					RETURN OLD;
				END $$""".formatted(condition)).update();
		this.jdbc.sql("CREATE TRIGGER lose BEFORE DELETE ON pgdispatch.job FOR EACH ROW EXECUTE FUNCTION lose_a_race()")
			.update();
		dispatch("CALL commits()", "");
		awaitNothingLeft();
		assertThat(value("count(*) FROM effect", Integer.class)).isEqualTo(2);
		assertThat(value("last_value FROM races", Integer.class)).isEqualTo(3);
	}

	@Test
	void failureIsADeadLetterWithItsError() {
		long id = dispatch("VACUUM nothing", "");
		await().until(() -> value("count(*) FROM pgdispatch.dead_letter", Long.class) == 1);
		assertThat(value("sqlstate FROM pgdispatch.dead_letter WHERE id = " + id, String.class)).isEqualTo("42P01");
		assertThat(value("pgdispatch.retry(" + id + ")", Boolean.class)).isTrue();
		await().until(() -> value("count(*) FROM pgdispatch.dead_letter WHERE id = " + id + " AND options IS NOT NULL",
				Long.class) == 1);
	}

	@Test
	void failedAttemptIsRepeated() {
		this.jdbc.sql("CREATE SEQUENCE tries").update();
		this.jdbc.sql("""
				CREATE PROCEDURE fails_once() LANGUAGE plpgsql AS $$
				BEGIN
					COMMIT;
					IF nextval('tries') = 1 THEN
						RAISE 'not yet';
					END IF;
				END $$""").update();
		dispatch("CALL fails_once()", ", max_attempts => 2, back_off => '0'");
		awaitNothingLeft();
		assertThat(value("last_value FROM tries", Integer.class)).isEqualTo(2);
	}

	@Test
	void doesNotWaitForTheEndOfABacklog() {
		this.jdbc
			.sql("""
					SELECT pgdispatch.dispatch('INSERT INTO effect SELECT count(*) FROM pgdispatch.job', transactional => false),
					       pgdispatch.fire_all(ARRAY(SELECT 'SELECT ' || i FROM generate_series(1, 50000) AS i))""")
			.query()
			.listOfRows();
		awaitNothingLeft();
		assertThat(value("what::integer FROM effect", Integer.class)).isGreaterThan(5_000);
	}

	@Test
	void isEndedByItsTimeLimit() {
		dispatch(SLOW, ", time_limit => '2 seconds'");
		await().until(() -> value("count(*) FROM pgdispatch.dead_letter WHERE sqlstate = 'PD001'", Long.class) == 1);
		awaitEffects(1);
	}

	@Test
	void isEndedByACancellation() {
		long id = dispatch(SLOW, "");
		awaitEffects(1);
		assertThat(value("state FROM pgdispatch.find(" + id + ")", String.class)).isEqualTo("running");
		assertThat(value("pgdispatch.cancel(" + id + ")", String.class)).isEqualTo("interrupted");
		awaitNothingLeft();
		assertThat(value("count(*) FROM pgdispatch.dead_letter", Long.class)).isZero();
	}

	/**
	 * The bad moment: the command has ended, and its session waits for the row of the
	 * job, which whoever cancels a command holds.
	 */
	@Test
	void cancellationThatComesTooLateDoesNotRunItAgain() {
		this.jdbc.sql("""
				CREATE PROCEDURE commits_and_waits() LANGUAGE plpgsql AS $$
				BEGIN
					INSERT INTO effect VALUES ('begun');
					COMMIT;
					WHILE NOT EXISTS (SELECT FROM effect WHERE what = 'go') LOOP
						COMMIT;
						PERFORM pg_sleep(0.01);
					END LOOP;
				END $$""").update();
		dispatch("CALL commits_and_waits()", "");
		awaitEffects(1);
		int pid = value("pid FROM effect", Integer.class);
		DataSource dataSource = this.database.dataSource("app");
		new TransactionTemplate(new JdbcTransactionManager(dataSource)).executeWithoutResult((status) -> {
			JdbcClient.create(dataSource).sql("SELECT FROM pgdispatch.managed_job FOR UPDATE").query().listOfRows();
			this.jdbc.sql("INSERT INTO effect VALUES ('go')").update();
			for (int i = 0; i < 3; i++) {
				await().until(() -> this.jdbc.sql("""
						SELECT count(*) FROM pg_stat_activity
						 WHERE pid = ? AND query LIKE '%end_non_transactional%' AND wait_event_type = 'Lock'""")
					.param(pid)
					.query(Integer.class)
					.single() == 1);
				this.jdbc.sql("SELECT pg_cancel_backend(?)").param(pid).query().singleRow();
			}
		});
		awaitNothingLeft();
		assertThat(value("count(*) FROM effect WHERE what = 'begun'", Integer.class)).isOne();
		assertThat(value("count(*) FROM pgdispatch.dead_letter", Long.class)).isZero();
	}

	@Test
	void isRunAgainAfterALostSession() {
		dispatch(SLOW, "");
		awaitEffects(1);
		value("pg_terminate_backend(pid) FROM effect", Boolean.class);
		awaitEffects(2);
		assertThat(value("crashes FROM pgdispatch.managed_job", Integer.class)).isOne();
	}

	@Test
	void leavesNothingBehindForTheNextSession() {
		dispatch("SET application_name = 'spoilt'", "");
		awaitNothingLeft();
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect VALUES (current_setting(''application_name''))')")
			.query()
			.singleRow();
		awaitEffects(1);
		assertThat(value("what FROM effect", String.class)).isEqualTo(TestNode.WORKER);
	}

	@Test
	void otherJobsGoOnMeanwhile() {
		dispatch(SLOW, "");
		awaitEffects(1);
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect VALUES (''other'')')").query().singleRow();
		await().until(() -> value("count(*) FROM effect", Integer.class) == 2);
	}

}
