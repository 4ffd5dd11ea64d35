package io.github.pgdispatch.driver;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A method that kills each JVM that runs it becomes a dead letter, while its neighbours
 * complete.
 */
@PostgresTest
class KillerMethodTests {

	@Test
	void becomesADeadLetterWhileItsNeighboursComplete(TestDatabase database) {
		database.install("app");
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("CREATE TABLE effect (attempt integer)").update();
		jdbc.sql("SELECT pgdispatch.dispatch_handler('neighbour') FROM generate_series(1, 10)").query().listOfRows();
		jdbc.sql("SELECT pgdispatch.dispatch_handler('kill')").query().singleRow();
		jdbc.sql("SELECT pgdispatch.dispatch_handler('neighbour') FROM generate_series(1, 10)").query().listOfRows();
		JvmProcess[] node = { start(database) };
		try {
			await().atMost(ofMinutes(1)).until(() -> !node[0].isAlive());
			// As if it had killed two more.
			jdbc.sql("UPDATE pgdispatch.handler_job SET crashes = 2, attempts = attempts + 2 WHERE handler = 'kill'")
				.update();
			await().atMost(ofMinutes(4)).until(() -> {
				if (!node[0].isAlive()) {
					node[0] = start(database);
				}
				return jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0;
			});
		}
		finally {
			node[0].close();
		}
		assertThat(jdbc.sql("SELECT handler || ' ' || sqlstate || ' ' || attempts FROM pgdispatch.dead_letter")
			.query(String.class)
			.list()).containsExactly("kill 58000 5");
		assertThat(jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single()).isEqualTo(20);
	}

	private static JvmProcess start(TestDatabase database) {
		return HandlerNode.startJvm(database, "killed", Methods.class, "pgdispatch.worker.lease=1s",
				"pgdispatch.worker.poll-interval=500ms");
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "kill")
		void kill() {
			Runtime.getRuntime().halt(1);
		}

		@AfterCommitDispatch(name = "neighbour")
		@Transactional
		void neighbour() {
			this.jdbc.sql("INSERT INTO effect VALUES (1)").update();
		}

	}

}
