package io.github.pgdispatch.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SchemaInitializer}: nodes that start at once, and nodes that are
 * killed. (The timeout is well below the five minutes that Liquibase waits for its own
 * lock.)
 */
@PostgresTest
@Timeout(120)
class SchemaInitializerConcurrencyTests {

	private final ExecutorService nodes = Executors.newCachedThreadPool();

	@AfterEach
	void stopNodes() throws InterruptedException {
		this.nodes.shutdown();
		assertThat(this.nodes.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
	}

	@ParameterizedTest
	@EnumSource
	void tenNodesStartAtOnce(Installation installation, TestDatabase database) throws Exception {
		List<Future<?>> starts = new ArrayList<>();
		// All of them find an empty database, as nobody gets any further.
		try (Connection gate = database.dataSource("app").getConnection();
				Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(" + SchemaLock.KEY + ")");
			for (int i = 0; i < 10; i++) {
				starts.add(start(installation, database));
			}
			awaitWaiting(database, 10);
		}
		for (Future<?> start : starts) {
			start.get();
		}
		assertInstalled(database);
	}

	/**
	 * Any role can take any advisory lock.
	 */
	@ParameterizedTest
	@EnumSource
	void strangerWhoHoldsTheLockIsNamedSoonAndCostsNothingOnceItIsInstalled(Installation installation,
			TestDatabase database) throws Exception {
		database.jdbc("postgres").sql("""
				DO $$ BEGIN
					CREATE ROLE stranger LOGIN;
				EXCEPTION WHEN duplicate_object OR unique_violation THEN
				END $$""").update();
		try (Connection stranger = database.dataSource("stranger").getConnection();
				Statement statement = stranger.createStatement()) {
			statement.execute("SELECT pg_advisory_lock_shared(" + SchemaLock.KEY + ")");
			int pid = stranger.unwrap(PGConnection.class).getBackendPID();
			assertThatExceptionOfType(PgDispatchConfigurationException.class)
				.isThrownBy(() -> installation.run(database.dataSource("app")))
				.satisfies((ex) -> {
					assertThat(ex.getDescription()).contains("the session " + pid + " of the role stranger has held");
					assertThat(ex.getAction()).contains("SELECT pg_terminate_backend(" + pid + ");");
				});
			statement.execute("SELECT pg_advisory_unlock_all()");
			installation.run(database.dataSource("app"));
			statement.execute("SELECT pg_advisory_lock(" + SchemaLock.KEY + ")");
			installation.run(database.dataSource("app"));
		}
		assertInstalled(database);
	}

	@ParameterizedTest
	@EnumSource
	void nodeThatIsKilledWhileItInstallsLeavesTheWorkToTheNext(Installation installation, TestDatabase database)
			throws Exception {
		Future<?> killed;
		Future<?> next;
		try (Connection gate = database.dataSource("postgres").getConnection()) {
			holdCreateProcedure(gate);
			killed = start(installation, database);
			awaitWaiting(database, 1);
			next = start(installation, database);
			awaitWaiting(database, 2);
			assertLiquibaseLocked(installation, database);
			database.jdbc("postgres")
				.sql("""
						SELECT pg_terminate_backend(pid) FROM pg_locks
						 WHERE locktype = 'advisory' AND NOT granted AND mode = 'ShareLock'
						   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
				.query()
				.singleRow();
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(killed::get);
		}
		next.get();
		assertInstalled(database);
	}

	// Else the test would show nothing about Liquibase's own lock.
	private static void assertLiquibaseLocked(Installation installation, TestDatabase database) {
		if (installation == Installation.LIQUIBASE) {
			assertThat(database.jdbc("app")
				.sql("SELECT locked FROM pgdispatch.databasechangeloglock")
				.query(Boolean.class)
				.single()).isTrue();
		}
	}

	private Future<?> start(Installation installation, TestDatabase database) {
		PGSimpleDataSource dataSource = (PGSimpleDataSource) database.dataSource("app");
		dataSource.setOptions("-c default_transaction_isolation=serializable");
		return this.nodes.submit(() -> installation.run(dataSource, "app"));
	}

	private static void holdCreateProcedure(Connection gate) throws SQLException {
		try (Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			statement.execute("""
					CREATE FUNCTION public.wait_at_gate() RETURNS event_trigger LANGUAGE plpgsql AS
					$$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); END $$""");
			statement.execute("""
					CREATE EVENT TRIGGER wait_at_gate ON ddl_command_start WHEN TAG IN ('CREATE PROCEDURE')
					EXECUTE FUNCTION public.wait_at_gate()""");
		}
	}

	private static void awaitWaiting(TestDatabase database, int sessions) {
		JdbcClient jdbc = database.jdbc("postgres");
		Awaitility.await()
			.untilAsserted(() -> assertThat(jdbc.sql("""
					SELECT count(*) FROM pg_locks
					 WHERE locktype = 'advisory' AND NOT granted
					   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
				.query(Integer.class)
				.single()).isEqualTo(sessions));
	}

	private static void assertInstalled(TestDatabase database) {
		assertThat(database.jdbc("app").sql("SELECT pgdispatch.version()").query(String.class).single())
			.isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

}
