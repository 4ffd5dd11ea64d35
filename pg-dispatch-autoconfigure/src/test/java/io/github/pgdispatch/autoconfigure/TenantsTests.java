package io.github.pgdispatch.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.autoconfigure.ManyTenants.Notes;
import io.github.pgdispatch.autoconfigure.ManyTenants.Routing;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for an application with a database for each tenant.
 */
@PostgresTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantsTests {

	private final Map<String, TestDatabase> databases = new LinkedHashMap<>();

	private TestDatabase server;

	private HandlerNode node;

	private Notes notes;

	@BeforeAll
	void start(TestDatabase database) {
		this.server = database;
		add(database);
		add(database.another());
		this.node = HandlerNode.start(database, ManyTenants.class, "pgdispatch.schema.mode=jdbc",
				"pgdispatch.queues.mails.concurrency=1", "pgdispatch.tenants.interval=2s", "tenants.server=" + server(),
				"tenants.names=" + String.join(",", this.databases.keySet()));
		this.notes = this.node.bean(Notes.class);
	}

	private String add(TestDatabase database) {
		database.jdbc("app").sql(ManyTenants.NOTE).update();
		this.databases.put(database.name(), database);
		return database.name();
	}

	private String server() {
		return "jdbc:postgresql://localhost:" + this.server.port();
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	@Test
	void jobRunsInTheDatabaseOfItsTenantWithTheTenantSet() {
		forEach((tenant) -> in(tenant, () -> {
			this.notes.sql("sql of " + tenant);
			this.notes.plain("plain of " + tenant);
			this.notes.inTransaction("method of " + tenant);
			this.notes.later("later of " + tenant);
		}));
		forEach((tenant) -> {
			awaitNotes(tenant, "% of " + tenant, 5);
			assertThat(rows(tenant, "sql of %")).containsExactly(tenant + " null");
			assertThat(rows(tenant, "after method of %")).containsExactly(tenant + " null");
			for (String method : List.of("plain", "method", "later")) {
				assertThat(rows(tenant, method + " of %")).containsExactly(tenant + " " + tenant);
			}
		});
	}

	@Test
	void eachDatabaseGetsItsQueues() {
		forEach((tenant) -> assertThat(call(tenant, () -> this.node.bean(PgDispatchOperations.class).status().queues()))
			.anySatisfy((queue) -> assertThat(queue.name()).isEqualTo("mails")));
	}

	@Test
	void jobsThatAreDispatchedElsewhereAreFound() {
		String tenant = this.databases.keySet().iterator().next();
		Awaitility.await().until(() -> isInstalled(tenant));
		this.databases.get(tenant)
			.jdbc("app")
			.sql("SELECT pgdispatch.fire($$INSERT INTO note (what) VALUES ('elsewhere')$$)")
			.query()
			.singleRow();
		awaitNotes(tenant, "elsewhere", 1);
	}

	@Test
	void tenantThatIsAddedAtRunTimeIsFound() {
		TestDatabase database = this.server.another();
		database.jdbc("app").sql(ManyTenants.NOTE).update();
		database.install("app");
		database.jdbc("app")
			.sql("SELECT pgdispatch.fire($$INSERT INTO note (what) VALUES ('before')$$)")
			.query()
			.singleRow();
		TestDatabase another = this.server.another();
		another.jdbc("app").sql(ManyTenants.NOTE).update();
		Routing routing = this.node.bean(Routing.class);
		List<String> names = new ArrayList<>(this.databases.keySet());
		names.addAll(List.of(database.name(), another.name()));
		routing.setTargetDataSources(routing.targets(names.toArray(String[]::new)));
		routing.initialize();
		in(another.name(), () -> this.notes.plain("first use"));
		Awaitility.await().until(() -> count(another, "first use") == 1);
		Awaitility.await().until(() -> count(database, "before") == 1);
	}

	@Test
	void tenantsWithTheSameDatabaseAreRefused() {
		try (HandlerNode node = HandlerNode.start(this.server, ManyTenants.class, "pgdispatch.schema.mode=jdbc",
				"pgdispatch.worker.enabled=false", "tenants.server=" + server(), "tenants.names=" + this.server.name()
						+ "," + this.server.name() + "?options=-c%20application_name=x")) {
			PgDispatchTemplate template = node.bean(PgDispatchTemplate.class);
			in(node, this.server.name(), () -> template.fire("SELECT 1"));
			assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> in(node, this.server.name() + "?options=-c%20application_name=x",
						() -> template.fire("SELECT 1")))
				.withMessageContaining("have the same database and role");
		}
	}

	@Test
	void drainedNodeBeginsNoJobOfAnyTenant() {
		PgDispatchNode drained = this.node.bean(PgDispatchNode.class);
		String tenant = this.databases.keySet().iterator().next();
		drained.drain();
		try {
			in(tenant, () -> this.notes.plain("drained"));
			Awaitility.await().until(() -> connections() == 0);
			assertThat(rows(tenant, "drained")).isEmpty();
		}
		finally {
			drained.resume();
		}
		awaitNotes(tenant, "drained", 1);
	}

	@Test
	void idleTenantsHoldNoConnections() {
		forEach((tenant) -> in(tenant, () -> this.notes.plain("awake")));
		forEach((tenant) -> Awaitility.await().until(() -> !rows(tenant, "awake").isEmpty()));
		Awaitility.await().until(() -> connections() == 0);
	}

	private void forEach(Consumer<String> test) {
		List.copyOf(this.databases.keySet()).forEach(test);
	}

	private void in(String tenant, Runnable dispatch) {
		in(this.node, tenant, dispatch);
	}

	private static void in(HandlerNode node, String tenant, Runnable dispatch) {
		try (DispatchPropagator.Scope scope = node.bean(TenantContext.class).open(tenant)) {
			node.transaction().executeWithoutResult((status) -> dispatch.run());
		}
	}

	private <T> T call(String tenant, Supplier<T> call) {
		try (DispatchPropagator.Scope scope = this.node.bean(TenantContext.class).open(tenant)) {
			return call.get();
		}
	}

	private void awaitNotes(String tenant, String what, int number) {
		Awaitility.await().until(() -> count(this.databases.get(tenant), what) == number);
	}

	private static int count(TestDatabase database, String what) {
		return database.jdbc("app")
			.sql("SELECT count(*) FROM note WHERE what LIKE ?")
			.param(what)
			.query(Integer.class)
			.single();
	}

	private boolean isInstalled(String tenant) {
		return this.databases.get(tenant)
			.jdbc("app")
			.sql("SELECT to_regclass('pgdispatch.job') IS NOT NULL")
			.query(Boolean.class)
			.single();
	}

	/**
	 * Returns where and as which tenant something was noted.
	 */
	private List<String> rows(String tenant, String what) {
		return this.databases.get(tenant)
			.jdbc("app")
			.sql("SELECT concat(at, ' ', coalesce(tenant, 'null')) FROM note WHERE what LIKE ?")
			.param(what)
			.query(String.class)
			.list();
	}

	private int connections() {
		return this.server.jdbc("postgres")
			.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname = ANY (?)")
			.param(this.databases.keySet().toArray(String[]::new))
			.query(Integer.class)
			.single();
	}

}
