package io.github.pgdispatch.driver;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A node that is given thousands of due jobs of one tenant begins a job of another one
 * before it has come across all of them. Counts jobs, and no time.
 */
@PostgresTest
class FairQueueOfNodesTests {

	private static final int FLOOD = 5_000;

	@Test
	void jobOfAnotherTenantBeginsThoughThousandsAreDueBeforeIt(TestDatabase database) {
		JdbcClient jdbc = database.install("app").jdbc("app");
		jdbc.sql("CREATE TABLE effect (tenant text, not_held bigint)").update();
		ask(jdbc, "SELECT pgdispatch.set_queue('q', concurrency => 4, per_key => 2)");
		dispatch(jdbc, "flood", FLOOD);
		try (HandlerNode node = HandlerNode.start(database, Methods.class, "pgdispatch.worker.concurrency=16")) {
			await().until(() -> count(jdbc, "effect") > 0);
			dispatch(node.jdbc(), "other", 1);
			await().until(() -> count(jdbc, "effect WHERE tenant = 'other'") == 1);
			assertThat(jdbc.sql("SELECT not_held FROM effect WHERE tenant = 'other'").query(Long.class).single())
				.isPositive();
			ask(jdbc, "SELECT pgdispatch.cancel_jobs(queue => 'q')");
		}
	}

	private static void dispatch(JdbcClient jdbc, String tenant, int jobs) {
		ask(jdbc,
				"""
						SELECT pgdispatch.dispatch_handler('tenants.effect', json_build_object('tenant', '%1$s'), queue => 'q', fair_key => '%1$s')
						  FROM generate_series(1, %2$d)"""
					.formatted(tenant, jobs));
	}

	private static void ask(JdbcClient jdbc, String query) {
		jdbc.sql(query).query().listOfRows();
	}

	private static long count(JdbcClient jdbc, String rows) {
		return jdbc.sql("SELECT count(*) FROM " + rows).query(Long.class).single();
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "tenants.effect")
		void effect(String tenant) {
			this.jdbc
				.sql("""
						INSERT INTO effect
						SELECT ?, count(*) FROM pgdispatch.managed_job WHERE fair_key = 'flood' AND held_by IS NULL AND NOT in_queue""")
				.param(tenant)
				.update();
		}

	}

}
