package io.github.pgdispatch.driver;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The rate of fair keys holds for the SQL and the methods of all nodes together, and none
 * is slower than it has to be.
 */
@PostgresTest
class FairRateOfNodesTests {

	private static final long SPACING = 100;

	private static final int PER_KEY = 2;

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (tenant text, at timestamptz DEFAULT clock_timestamp())").update();
		ask("SELECT pgdispatch.set_queue('q', concurrency => 8, per_key => " + PER_KEY + ", rate_per_key => 10)");
	}

	@Test
	void rateOfEachKeyHoldsForAllNodes() {
		try (HandlerNode one = node(); HandlerNode other = node()) {
			assertThat(one).isNotSameAs(other);
			ask("""
					SELECT pgdispatch.dispatch_handler('tenants.effect', json_build_object('tenant', t), queue => 'q', fair_key => t),
					       pgdispatch.dispatch(format('INSERT INTO effect VALUES (%L)', t), queue => 'q', fair_key => t)
					  FROM generate_series(1, 10), unnest('{a,b,c}'::text[]) AS t""");
			await().until(() -> count("effect") == 60);
			await().until(() -> count("pgdispatch.managed_job") == 0);
		}
		for (String tenant : List.of("a", "b", "c")) {
			List<Long> times = times(tenant);
			assertThat(times).hasSize(20);
			assertThat(times.get(19) - times.get(0)).as("%s", times).isLessThan(19L * SPACING * 8);
			assertSpaced(times);
		}
		assertThat(count("pgdispatch.dead_letter")).isZero();
	}

	/**
	 * A job notes its time after it has begun, maybe long after, but keeps its place
	 * until then: no more jobs than there are places have begun and not noted it.
	 */
	private static void assertSpaced(List<Long> times) {
		for (int first = 0; first < times.size(); first++) {
			for (int last = first + PER_KEY + 1; last < times.size(); last++) {
				assertThat(times.get(last) - times.get(first)).as("from %d to %d of %s", first, last, times)
					.isGreaterThanOrEqualTo((last - first - PER_KEY) * SPACING - 1);
			}
		}
	}

	private HandlerNode node() {
		return HandlerNode.start(this.database, Methods.class, "pgdispatch.worker.concurrency=4",
				"pgdispatch.worker.threads=2");
	}

	private void ask(String query) {
		this.jdbc.sql(query).query().listOfRows();
	}

	private long count(String rows) {
		return this.jdbc.sql("SELECT count(*) FROM " + rows).query(Long.class).single();
	}

	private List<Long> times(String tenant) {
		return this.jdbc
			.sql("SELECT (date_part('epoch', at) * 1000)::bigint FROM effect WHERE tenant = :tenant ORDER BY at")
			.param("tenant", tenant)
			.query(Long.class)
			.list();
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "tenants.effect")
		void effect(String tenant) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(tenant).update();
		}

	}

}
