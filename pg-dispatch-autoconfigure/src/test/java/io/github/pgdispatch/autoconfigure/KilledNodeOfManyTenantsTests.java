package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that nothing of 10,000 jobs is lost, doubled, or run under the wrong tenant if a
 * node with 50 tenants is killed, and that a node has few connections.
 */
@PostgresTest
class KilledNodeOfManyTenantsTests {

	private static final int TENANTS = 50;

	/**
	 * SQL jobs in each database.
	 */
	private static final int SQL = 188;

	/**
	 * Jobs of each of two methods in each database. One of them dispatches SQL.
	 */
	private static final int METHODS = 4;

	private static final int TENANTS_AT_ONCE = 4;

	private static final int THREADS = 2;

	private static final int CONCURRENCY = 4;

	private TestDatabase template;

	private String prefix;

	private JdbcClient server;

	@Test
	void nothingIsLostDoubledOrRunUnderTheWrongTenant(TestDatabase database) {
		this.template = database;
		this.prefix = "tenant_" + UUID.randomUUID().toString().substring(0, 8) + "_";
		this.server = database.jdbcOfOneSession("postgres");
		List<String> tenants = IntStream.range(0, TENANTS).mapToObj((number) -> this.prefix + number).toList();
		fillTemplate();
		tenants.forEach((tenant) -> update("CREATE DATABASE " + tenant + " TEMPLATE " + database.name()));
		try (JvmProcess node = start("first", tenants)) {
			Awaitility.await().until(() -> visited() > TENANTS / 10);
			node.kill();
		}
		assertThat(tenants).anyMatch(this::isDone).anyMatch((tenant) -> !isDone(tenant));
		AtomicInteger mostConnections = new AtomicInteger();
		try (JvmProcess node = start("second", tenants)) {
			for (String tenant : tenants) {
				Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> {
					mostConnections.accumulateAndGet(connections(), Math::max);
					return isDone(tenant);
				});
				assertThat(notes(tenant)).as(tenant).containsExactlyInAnyOrderElementsOf(expected(tenant));
			}
			assertThat(mostConnections.get()).isPositive()
				.isLessThanOrEqualTo(TENANTS_AT_ONCE * (THREADS + 4 + CONCURRENCY));
			Awaitility.await().until(() -> connections() == 0);
		}
		tenants.forEach((tenant) -> update("DROP DATABASE " + tenant + " WITH (FORCE)"));
	}

	private void fillTemplate() {
		this.template.install("app");
		JdbcClient jdbc = this.template.jdbc("app");
		jdbc.sql(ManyTenants.NOTE).update();
		jdbc.sql("SELECT pgdispatch.fire(format('INSERT INTO note (what) VALUES (%L)', 'sql ' || number))"
				+ " FROM generate_series(1, ?) AS number")
			.param(SQL)
			.query()
			.listOfRows();
		jdbc.sql(
				"SELECT pgdispatch.dispatch_handler(handler, json_build_object('what', format('%s %s', handler, number)))"
						+ " FROM generate_series(1, ?) AS number, (VALUES ('plain'), ('inTransaction')) AS h (handler)")
			.param(METHODS)
			.query()
			.listOfRows();
	}

	private void update(String sql) {
		this.server.sql(sql).update();
	}

	private JvmProcess start(String name, List<String> tenants) {
		return HandlerNode.startJvm(this.template, name, ManyTenants.class, "pgdispatch.worker.lease=2s",
				"pgdispatch.worker.threads=" + THREADS, "pgdispatch.worker.concurrency=" + CONCURRENCY,
				"pgdispatch.tenants.concurrency=" + TENANTS_AT_ONCE, "pgdispatch.tenants.interval=2s",
				"tenants.server=jdbc:postgresql://localhost:" + this.template.port(),
				"tenants.names=" + String.join(",", tenants));
	}

	/**
	 * Returns the number of tenants whose jobs have been deleted by a session that has
	 * ended.
	 */
	private int visited() {
		return this.server.sql("SELECT count(*) FROM pg_stat_database WHERE datname LIKE ? AND tup_deleted >= ?")
			.params(this.prefix + "%", SQL)
			.query(Integer.class)
			.single();
	}

	private boolean isDone(String tenant) {
		return jdbc(tenant)
			.sql("SELECT NOT EXISTS (SELECT FROM pgdispatch.job) AND NOT EXISTS (SELECT FROM pgdispatch.handler_job)")
			.query(Boolean.class)
			.single();
	}

	private static List<String> expected(String tenant) {
		Stream<String> sql = IntStream.rangeClosed(1, SQL).mapToObj((number) -> "sql " + number);
		Stream<String> methods = IntStream.rangeClosed(1, METHODS)
			.boxed()
			.flatMap((number) -> Stream.of("plain " + number + " of " + tenant,
					"inTransaction " + number + " of " + tenant, "after inTransaction " + number));
		return Stream.concat(sql, methods).toList();
	}

	/**
	 * Returns what has been noted in the database, and of which tenant. A method without
	 * a transaction may have run twice.
	 */
	private List<String> notes(String tenant) {
		return jdbc(tenant).sql("""
				SELECT what || coalesce(' of ' || tenant, '') AS note FROM note
				 WHERE at = current_database() AND what NOT LIKE 'plain %'
				 UNION ALL
				SELECT DISTINCT what || ' of ' || tenant FROM note
				 WHERE at = current_database() AND what LIKE 'plain %'""").query(String.class).list();
	}

	private JdbcClient jdbc(String tenant) {
		return new TestDatabase(this.template.port(), tenant).jdbc("postgres");
	}

	private int connections() {
		return this.server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname LIKE ?")
			.param(this.prefix + "%")
			.query(Integer.class)
			.single();
	}

}
