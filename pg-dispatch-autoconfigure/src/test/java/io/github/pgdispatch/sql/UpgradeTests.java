package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What was dispatched before an upgrade is run after it.
 */
@PostgresTest
class UpgradeTests {

	@ParameterizedTest
	@ValueSource(strings = { "1.2.0", "1.3.0" })
	void jobsAndDeadLettersOutliveTheUpgrade(String version, TestDatabase database) throws SQLException {
		try (Queue queue = new Queue(database)) {
			queue.run("DROP SCHEMA IF EXISTS pgdispatch CASCADE", "DROP TABLE IF EXISTS public.effect");
			database.install("postgres", version);
			queue.grantTo("app");
			try (Session app = queue.app()) {
				app.run("CREATE TABLE public.effect (job text)");
				app.fire("SELECT 1/0");
				app.work();
				app.fire(Queue.effect("fired before"));
				database.upgrade("postgres", version);
				app.fire(Queue.effect("fired after"));
				app.fire("SELECT 1/0");
				app.run("SELECT pgdispatch.dispatch_handler('a')", "SELECT pgdispatch.dispatch_handler('b')");
				assertThat(app.work().completed()).isEqualTo(2);
				Node node = new Node(app);
				assertThat(node.complete(node.claim(1, "a").get(0))).isTrue();
				assertThat(node.fail(node.claim(1, "b").get(0))).isTrue();
			}
			assertThat(queue.effects()).containsExactly("fired before", "fired after");
			assertThat(queue.values(
					"SELECT concat_ws(' ', command, handler, attempts, message) FROM pgdispatch.dead_letter ORDER BY id"))
				.containsExactly("SELECT 1/0 1 division by zero", "SELECT 1/0 1 division by zero", "b 1 it is there");
			assertThat(queue.jobs()).isZero();
			assertThat(queue.value("SELECT pgdispatch.version()")).isEqualTo(TestDatabase.SCHEMA_VERSION);
		}
	}

}
