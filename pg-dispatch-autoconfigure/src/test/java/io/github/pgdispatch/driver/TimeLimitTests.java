package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The application cancels commands that exceed their time limit, in mid-statement and
 * long before its next poll.
 */
@PostgresTest
class TimeLimitTests {

	private static final Duration NEVER = Duration.ofHours(1);

	private JdbcClient jdbc;

	private TestNode node;

	@BeforeEach
	void start(TestDatabase database) {
		database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (what text)").update();
		this.node = TestNode.start(database.url(), new DriverSettings(2, NEVER, true));
	}

	@AfterEach
	void stop() {
		this.node.close();
	}

	private void dispatch(String command, String options) {
		this.jdbc.sql("SELECT pgdispatch.dispatch(?" + options + ")").param(command).query().singleRow();
	}

	private void awaitDeadLetters(int count) {
		await().until(() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single(),
				(found) -> found == count);
	}

	@Test
	void cancelsInMidStatementAndUndoesTheJob() {
		dispatch("INSERT INTO effect VALUES ('undone'); SELECT pg_sleep(60)", ", time_limit => '1 second'");
		awaitDeadLetters(1);
		assertThat(this.jdbc.sql("SELECT sqlstate, message FROM pgdispatch.dead_letter").query().singleRow().values())
			.containsExactly("PD001", "pgdispatch: the job took longer than its time limit of 00:00:01");
		assertThat(this.jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single()).isZero();
	}

	@Test
	void appliesToEachAttempt() {
		dispatch("SELECT pg_sleep(60)", ", time_limit => '500 ms', max_attempts => 2, back_off => '0'");
		awaitDeadLetters(1);
		assertThat(this.jdbc.sql("SELECT attempts FROM pgdispatch.dead_letter").query(Integer.class).single())
			.isEqualTo(2);
	}

	@Test
	void doesNotAffectJobsThatKeepIt() {
		for (int i = 0; i < 50; i++) {
			dispatch("INSERT INTO effect VALUES ('kept'); SELECT pg_sleep(0.02)", ", time_limit => '20 seconds'");
			dispatch("SELECT pg_sleep(60)", ", time_limit => '10 ms'");
			dispatch("INSERT INTO effect VALUES ('plain')", "");
		}
		awaitDeadLetters(50);
		await().until(() -> this.jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single() == 100);
	}

}
