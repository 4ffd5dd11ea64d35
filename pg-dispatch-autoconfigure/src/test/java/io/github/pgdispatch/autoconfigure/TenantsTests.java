package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.DispatchResult;
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
		this.node = start("10m", String.join(",", this.databases.keySet()));
		this.notes = this.node.bean(Notes.class);
	}

	private void add(TestDatabase database) {
		database.jdbc("app").sql(ManyTenants.NOTE).update();
		this.databases.put(database.name(), database);
	}

	private HandlerNode start(String interval, String names, String... properties) {
		List<String> all = new ArrayList<>(List.of("pgdispatch.schema.mode=jdbc",
				"pgdispatch.queues.mails.concurrency=1", "pgdispatch.tenants.interval=" + interval,
				"tenants.server=jdbc:postgresql://localhost:" + this.server.port(), "tenants.names=" + names));
		all.addAll(List.of(properties));
		return HandlerNode.start(this.server, ManyTenants.class, all.toArray(String[]::new));
	}

	/**
	 * Returns another database, with a job that no node knows of.
	 */
	private TestDatabase withJob() {
		TestDatabase database = this.server.another().install("app");
		database.jdbc("app").sql(ManyTenants.NOTE).update();
		fire(database);
		return database;
	}

	private static void fire(TestDatabase database) {
		database.jdbc("app")
			.sql("SELECT pgdispatch.fire($$INSERT INTO note (what) VALUES ('elsewhere')$$)")
			.query()
			.singleRow();
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
	void resultIsThatOfTheJobOfItsTenant() {
		Map<String, DispatchResult<String>> results = new LinkedHashMap<>();
		forEach((tenant) -> in(tenant, () -> results.put(tenant, this.notes.answer())));
		results.forEach(
				(tenant, result) -> assertThat(result.get(Duration.ofMinutes(1))).isEqualTo(tenant + " in " + tenant));
		PgDispatchTemplate template = this.node.bean(PgDispatchTemplate.class);
		results.forEach((tenant,
				result) -> assertThat(call(tenant, () -> template.await(result.id(), Duration.ofMinutes(1))).value())
					.contains(tenant));
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> template.await(1, Duration.ofMinutes(1)))
			.withMessageContaining("There is no current tenant");
	}

	@Test
	void visitOfATenantWithoutJobsIsNoLookAtTheQueue() {
		TestDatabase idle = this.server.another().install("app");
		idle.jdbc("app").sql(ManyTenants.NOTE).update();
		idle.jdbc("postgres").sql("ALTER DATABASE " + idle.name() + " SET track_functions = 'all'").update();
		try (HandlerNode node = start("100ms", idle.name())) {
			assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
			Awaitility.await().until(() -> sessions(idle) > 20);
			assertThat(looks(idle)).isZero();
			fire(idle);
			Awaitility.await().until(() -> looks(idle) > 0);
			Awaitility.await().until(() -> count(idle, "elsewhere") == 1);
		}
	}

	private int sessions(TestDatabase database) {
		return this.server.jdbc("postgres")
			.sql("SELECT sessions FROM pg_stat_database WHERE datname = ?")
			.param(database.name())
			.query(Integer.class)
			.single();
	}

	private static int looks(TestDatabase database) {
		return database.jdbc("postgres").sql("""
				SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions
				 WHERE funcname IN ('poll_queue', 'poll_handlers')""").query(Integer.class).single();
	}

	@Test
	void emptyLoginOfWorkersIsNone() {
		try (HandlerNode node = start("10m", this.server.name(), "pgdispatch.worker.datasource.url=",
				"pgdispatch.worker.datasource.password=")) {
			assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
		}
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> start("10m", this.server.name(), "pgdispatch.worker.datasource.username=other"))
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining("say how workers connect to only one database"));
	}

	@Test
	void jobsThatAreDispatchedElsewhereAreFound() {
		TestDatabase database = withJob();
		try (HandlerNode node = start("1s", database.name())) {
			Awaitility.await().until(() -> count(database, "elsewhere") == 1);
			fire(database);
			Awaitility.await().until(() -> count(database, "elsewhere") == 2);
		}
	}

	@Test
	void tenantThatIsAddedAtRunTimeIsFound() {
		TestDatabase first = withJob();
		TestDatabase added = withJob();
		try (HandlerNode node = start("1s", first.name())) {
			Routing routing = node.bean(Routing.class);
			routing.setTargetDataSources(routing.targets(first.name(), added.name()));
			routing.initialize();
			Awaitility.await().until(() -> count(added, "elsewhere") == 1);
		}
	}

	@Test
	void dispatchOfATenantThatIsAddedAtRunTimeInstallsItsSchema() {
		TestDatabase first = withJob();
		TestDatabase added = this.server.another();
		added.jdbc("app").sql(ManyTenants.NOTE).update();
		try (HandlerNode node = start("10m", first.name())) {
			Routing routing = node.bean(Routing.class);
			routing.setTargetDataSources(routing.targets(first.name(), added.name()));
			routing.initialize();
			in(node, added.name(), () -> node.bean(Notes.class).plain("first use"));
			Awaitility.await().until(() -> count(added, "first use") == 1);
		}
	}

	@Test
	void tenantsWithTheSameDatabaseAreRefused() {
		String same = this.server.name() + "?options=-c%20application_name=x";
		try (HandlerNode node = start("10m", this.server.name() + "," + same, "pgdispatch.worker.enabled=false")) {
			PgDispatchTemplate template = node.bean(PgDispatchTemplate.class);
			in(node, this.server.name(), () -> template.fire("SELECT 1"));
			assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> in(node, same, () -> template.fire("SELECT 1")))
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
			Awaitility.await()
				.during(Duration.ofSeconds(1))
				.until(() -> connections() == 0 && rows(tenant, "drained").isEmpty());
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
