package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that nothing of 10,000 jobs is lost, doubled, or run under the wrong tenant if
 * nodes with three databases and 200 tenants are killed, and that a node has few
 * connections.
 */
class KilledNodesOfManyTenantsTests {

	private static final List<String> DATABASES = List.of("orders", "customers", "stock");

	private static final List<String> TENANTS = IntStream.range(0, 200)
		.mapToObj((number) -> "tenant_" + number)
		.toList();

	/**
	 * SQL jobs of each tenant.
	 */
	private static final int SQL = 46;

	/**
	 * Jobs of each of two methods of a quarter of the tenants. One of them dispatches
	 * SQL.
	 */
	private static final int METHODS = 2;

	/**
	 * SQL jobs, and jobs of each of two methods, of each of the three databases.
	 */
	private static final int OF_DATABASE = 42;

	private static final int TENANTS_AT_ONCE = 4;

	private static final int THREADS = 2;

	private static final int CONCURRENCY = 4;

	/**
	 * A server of its own copies a database in a third of the time, and removes all of
	 * them at once.
	 */
	private final PostgresServer server = PostgresServer.start("fsync=off", "autovacuum=off", "wal_level=minimal",
			"max_wal_senders=0");

	private final TestDatabase template = this.server.createDatabase();

	private final JdbcClient session = new TestDatabase(this.template.port(), "postgres").jdbcOfOneSession("postgres");

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void nothingIsLostDoubledOrRunUnderTheWrongTenant() {
		create();
		try (JvmProcess first = start("first"); JvmProcess second = start("second")) {
			awaitVisited(TENANTS.size() / 10);
			first.kill();
			awaitVisited(TENANTS.size() / 2);
			second.kill();
		}
		assertThat(visited()).isLessThan(TENANTS.size());
		Awaitility.await().until(() -> connections() == 0);
		try (HandlerNode third = HandlerNode.start(this.template, DatabasesAndTenants.class, properties())) {
			AtomicInteger most = new AtomicInteger();
			patiently().until(() -> {
				most.accumulateAndGet(connections(), Math::max);
				return visited() == TENANTS.size();
			});
			assertThat(most.get()).isPositive().isLessThanOrEqualTo(TENANTS_AT_ONCE * (THREADS + 4 + CONCURRENCY));
			DATABASES.forEach((database) -> awaitNotes(database, "plain", "in" + StringUtils.capitalize(database),
					OF_DATABASE, OF_DATABASE));
			TENANTS
				.forEach((tenant) -> awaitNotes(tenant, "ofTenant", "inTenant", SQL, hasMethods(tenant) ? METHODS : 0));
			Awaitility.await().until(() -> connections() == 0);
		}
	}

	private void create() {
		this.template.install("app");
		this.template.jdbc("app").sql(DatabasesAndTenants.NOTE).update();
		for (String database : DATABASES) {
			copy(database);
			JdbcClient jdbc = new TestDatabase(this.template.port(), database).jdbcOfOneSession("app");
			dispatch(jdbc, "sql", OF_DATABASE);
			dispatch(jdbc, "plain", OF_DATABASE);
			dispatch(jdbc, "in" + StringUtils.capitalize(database), OF_DATABASE);
		}
		JdbcClient jdbc = this.template.jdbc("app");
		dispatch(jdbc, "sql", SQL);
		TENANTS.stream().filter((tenant) -> !hasMethods(tenant)).forEach(this::copy);
		dispatch(jdbc, "ofTenant", METHODS);
		dispatch(jdbc, "inTenant", METHODS);
		TENANTS.stream().filter(KilledNodesOfManyTenantsTests::hasMethods).forEach(this::copy);
	}

	private static boolean hasMethods(String tenant) {
		return tenant.hashCode() % 4 == 0;
	}

	private void copy(String name) {
		this.session.sql("CREATE DATABASE " + name + " TEMPLATE " + this.template.name() + " STRATEGY FILE_COPY")
			.update();
	}

	private static void dispatch(JdbcClient jdbc, String what, int times) {
		jdbc.sql(what.equals("sql")
				? """
						SELECT pgdispatch.fire(
						           format('INSERT INTO note (database, what) VALUES (current_database(), %L)', :what || ' ' || number))
						  FROM generate_series(1, :times) AS number"""
				: """
						SELECT pgdispatch.dispatch_handler(:what, json_strip_nulls(
						           json_build_object('database', CASE :what WHEN 'plain' THEN current_database() END,
						                             'what', :what || ' ' || number)))
						  FROM generate_series(1, :times) AS number""")
			.param("what", what)
			.param("times", times)
			.query()
			.listOfRows();
	}

	private JvmProcess start(String name) {
		return HandlerNode.startJvm(this.template, name, DatabasesAndTenants.class, properties());
	}

	private String[] properties() {
		List<String> properties = new ArrayList<>(List.of("pgdispatch.worker.lease=2s",
				"pgdispatch.worker.threads=" + THREADS, "pgdispatch.worker.concurrency=" + CONCURRENCY,
				"pgdispatch.tenants.concurrency=" + TENANTS_AT_ONCE, "pgdispatch.tenants.interval=10s",
				"tenants.server=jdbc:postgresql://localhost:" + this.template.port(),
				"tenants.names=" + String.join(",", TENANTS)));
		DATABASES.forEach((each) -> properties.add(each + "=" + new TestDatabase(this.template.port(), each).url()));
		return properties.toArray(String[]::new);
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofMinutes(3));
	}

	private void awaitVisited(int number) {
		patiently().until(() -> visited() > number);
	}

	/**
	 * Returns the number of tenants whose jobs have been deleted by a session that has
	 * ended.
	 */
	private int visited() {
		return this.session
			.sql("SELECT count(*) FROM pg_stat_database WHERE datname LIKE 'tenant\\_%' AND tup_deleted >= ?")
			.params(SQL)
			.query(Integer.class)
			.single();
	}

	private int connections() {
		return this.session
			.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname LIKE 'tenant\\_%'")
			.query(Integer.class)
			.single();
	}

	/**
	 * Waits until a database has no job, and checks what its jobs have noted.
	 * @param plain the method without a transaction, which may have run twice
	 */
	private void awaitNotes(String name, String plain, String transactional, int sql, int methods) {
		JdbcClient jdbc = new TestDatabase(this.template.port(), name).jdbcOfOneSession("postgres");
		Awaitility.await().pollInterval(Duration.ofMillis(200)).until(() -> jdbc.sql("""
				SELECT NOT EXISTS (SELECT FROM pgdispatch.job) AND NOT EXISTS (SELECT FROM pgdispatch.handler_job)
				   AND NOT EXISTS (SELECT FROM pgdispatch.dead_letter)""").query(Boolean.class).single());
		List<String> notes = jdbc.sql("""
				SELECT what || ' of ' || database || ' in ' || at FROM note WHERE NOT starts_with(what, :plain)
				 UNION ALL
				SELECT DISTINCT what || ' of ' || database || ' in ' || at FROM note WHERE starts_with(what, :plain)""")
			.param("plain", plain)
			.query(String.class)
			.list();
		assertThat(notes).as(name)
			.containsExactlyInAnyOrderElementsOf(Stream
				.of(numbered("sql", sql), numbered(plain, methods), numbered(transactional, methods),
						numbered("after " + transactional, methods))
				.flatMap((what) -> what)
				.map((what) -> what + " of " + name + " in " + name)
				.toList());
	}

	private static Stream<String> numbered(String what, int times) {
		return IntStream.rangeClosed(1, times).mapToObj((number) -> what + " " + number);
	}

}
