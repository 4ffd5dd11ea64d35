package io.github.pgdispatch.driver;

import java.io.IOException;
import java.time.Duration;

import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that pg_cron runs the SQL jobs that are dispatched elsewhere while nodes sleep.
 */
@PgCronTest
class SleepBesidePgCronTests {

	@Test
	void pgCronRunsJobsFromElsewhereWhileTheNodeSleeps(TestDatabase database) throws IOException {
		JdbcClient jdbc = database.install("app").jdbcOfOneSession("app");
		jdbc.sql("CREATE TABLE effect (name text)").update();
		try (FreezingProxy network = new FreezingProxy(database.port());
				HandlerNode node = HandlerNode.start(new TestDatabase(network.port(), database.name()), Object.class,
						"pgdispatch.worker.idle=sleep", "pgdispatch.driver=auto",
						"spring.datasource.type=org.springframework.jdbc.datasource.SimpleDriverDataSource")) {
			soon().until(() -> node.bean(ApplicationDriver.class).state().asleep());
			int accepted = network.accepted();
			jdbc.sql("SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (''elsewhere'')')").query().singleRow();
			soon().until(() -> count(jdbc, "elsewhere") == 1);
			assertThat(network.accepted()).isEqualTo(accepted);
			assertThat(node.bean(ApplicationDriver.class).state().asleep()).isTrue();

			node.transaction()
				.executeWithoutResult((status) -> node.bean(PgDispatchTemplate.class)
					.fire("INSERT INTO public.effect VALUES ('own')"));
			soon().until(() -> count(jdbc, "own") == 1);
		}
		assertThat(count(jdbc, "elsewhere") + count(jdbc, "own")).isEqualTo(2);
	}

	private static int count(JdbcClient jdbc, String effect) {
		return jdbc.sql("SELECT count(*) FROM effect WHERE name = ?").param(effect).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

}
