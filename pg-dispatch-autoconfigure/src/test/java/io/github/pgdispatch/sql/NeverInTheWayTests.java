package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A dispatch waits for nobody, nobody waits for it, and it leaves one row.
 */
class NeverInTheWayTests extends AbstractQueueTests {

	NeverInTheWayTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void openTransactionsFireWithoutWaitingForEachOther(String isolation) throws SQLException {
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			for (Session session : new Session[] { one, two, this.app }) {
				session.run("SET lock_timeout = '1ms'");
			}
			one.run("BEGIN ISOLATION LEVEL " + isolation);
			two.run("BEGIN ISOLATION LEVEL " + isolation);
			for (int i = 0; i < 3; i++) {
				one.fire("SELECT 1");
				two.fire("SELECT 1");
			}
			this.app.run("SELECT pgdispatch.poll_queue(100, true)");
			this.app.work();
			this.app.run("SELECT pgdispatch.poll_queue(100, true)");
			one.fire("SELECT 1");
			one.run("COMMIT");
			two.fire("SELECT 1");
			two.run("COMMIT");
			assertThat(this.app.work().completed()).isEqualTo(8);
		}
	}

	@Test
	void transactionThatFiredDoesNotHoldUpWorkers() throws SQLException {
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			open.fire("SELECT 1");
			this.app.run("SET lock_timeout = '1ms'");
			this.app.fire("SELECT 1");
			assertThat(this.app.work().completed()).isOne();
			open.run("ROLLBACK");
		}
	}

	@Test
	void dispatchAddsOneRowAndNothingElse() throws SQLException {
		String everything = """
				SELECT count(*) || (SELECT coalesce(string_agg(format('%s.%s', schemaname, sequencename), ','), '')
				                      FROM pg_sequences WHERE last_value IS NOT NULL)
				  FROM pg_class""";
		this.app.fire("SELECT 1");
		String before = this.queue.value(everything);
		this.app.fire("SELECT 1");
		assertThat(this.queue.value(everything)).isEqualTo(before).endsWith("pgdispatch.job_id_seq");
		assertThat(this.queue.jobs()).isEqualTo(2);
		assertThat(this.queue.deadLetters()).isZero();
		this.app.work();
		assertThat(this.queue.value(everything)).isEqualTo(before);
		assertThat(this.queue.jobs() + this.queue.deadLetters()).isZero();
	}

}
