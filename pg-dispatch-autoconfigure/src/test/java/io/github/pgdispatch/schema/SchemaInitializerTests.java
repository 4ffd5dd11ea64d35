package io.github.pgdispatch.schema;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import javax.sql.DataSource;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.RecordingDataSource;
import io.github.pgdispatch.test.TestDatabase;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import io.github.pgdispatch.test.NextVersion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SchemaInitializer}: what it does where nothing is in its way.
 */
@PostgresTest
class SchemaInitializerTests {

	@ParameterizedTest
	@EnumSource
	@Tag("every-postgresql")
	void installsTheSchemaAsItsOwner(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"));
		assertThat(version(database.jdbc("app"))).isEqualTo(TestDatabase.SCHEMA_VERSION);
		assertThat(owner(database)).isEqualTo("app");
	}

	@Test
	void liquibaseLogsNothingUnlessItIsAsked(TestDatabase database) {
		Queue<String> messages = new ConcurrentLinkedQueue<>();
		Logger liquibase = Logger.getLogger("liquibase");
		Handler handler = new Handler() {

			@Override
			public void publish(LogRecord message) {
				messages.add(message.getLevel() + " " + message.getMessage());
			}

			@Override
			public void flush() {
			}

			@Override
			public void close() {
			}

		};
		liquibase.addHandler(handler);
		try {
			Installation.LIQUIBASE.run(database.dataSource("app"));
		}
		finally {
			liquibase.removeHandler(handler);
		}
		assertThat(messages).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void givesTheSessionBackAsItWas(Installation installation, TestDatabase database) {
		SingleConnectionDataSource pool = new SingleConnectionDataSource(database.url(), "app", "", true);
		pool.setAutoCommit(false);
		JdbcClient session = JdbcClient.create(pool);
		List<Map<String, Object>> settings = settings(session);
		installation.run(pool);
		assertThat(advisoryLocks(database)).isZero();
		assertThat(settings(session)).isEqualTo(settings);
		assertThat(session.sql("SELECT pgdispatch.version()").query(String.class).single())
			.isEqualTo(TestDatabase.SCHEMA_VERSION);
		pool.destroy();
		assertThat(version(database.jdbc("app"))).isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

	@ParameterizedTest
	@EnumSource
	void installsInAnEmptySchemaWithoutTheRightToCreateOne(Installation installation, TestDatabase database) {
		database.jdbc("postgres").sql("CREATE SCHEMA pgdispatch AUTHORIZATION app").update();
		database.jdbc("postgres").sql("REVOKE ALL ON DATABASE " + database.name() + " FROM app").update();
		installation.run(database.dataSource("app"));
		assertThat(version(database.jdbc("app"))).isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

	@ParameterizedTest
	@EnumSource
	void whatLiquibaseHasInstalledEitherFindsUpToDate(Installation installation, TestDatabase database) {
		Installation.LIQUIBASE.run(database.dataSource("app"));
		installation.run(database.dataSource("app"));
		assertThat(database.jdbc("app")
			.sql("SELECT exectype FROM pgdispatch.databasechangelog")
			.query(String.class)
			.list()).hasSize(1).containsOnly("EXECUTED");
	}

	@Test
	void jdbcLeavesNothingOfLiquibaseBehind(TestDatabase database) {
		Installation.JDBC.run(database.dataSource("app"));
		assertThat(database.jdbc("app")
			.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'pgdispatch'")
			.query(String.class)
			.list()).containsExactlyInAnyOrder("job", "handler_job", "node", "dead_letter", "cron_worker",
					"managed_job", "job_key", "queue", "pause", "schedule", "breaker", "fair_turn", "fair_rate",
					"result", "setting", "cancellation", "mutex", "history", "history_retention", "operator_action",
					"batch", "batch_part", "step");
	}

	@Test
	void whereTheSchemaIsUpToDateNothingIsWrittenAndNoLiquibaseNeeded(TestDatabase database) {
		database.install("app");
		PGSimpleDataSource readOnly = (PGSimpleDataSource) database.dataSource("app");
		readOnly.setOptions("-c default_transaction_read_only=on");
		SchemaInitializer
			.liquibase(readOnly, List.of("app"),
					new DefaultResourceLoader(new FilteredClassLoader(SpringLiquibase.class)))
			.afterPropertiesSet();
		assertThat(database.jdbc("app")
			.sql("SELECT to_regclass('pgdispatch.databasechangelog') IS NULL")
			.query(Boolean.class)
			.single()).isTrue();
	}

	/**
	 * One of them is the driver's: Spring asks it for the isolation level.
	 */
	@ParameterizedTest
	@EnumSource
	void whereTheSchemaIsUpToDateItCostsThreeQueries(Installation installation, TestDatabase database) {
		database.install("app");
		RecordingDataSource dataSource = new RecordingDataSource(database.dataSource("app"));
		installation.run(dataSource, "app");
		assertThat(dataSource.statements()).hasSize(3);
	}

	@ParameterizedTest
	@EnumSource
	void newerMinorVersionIsFine(Installation installation, TestDatabase database) {
		database.install("app");
		setVersion(database, "1.7.3");
		installation.run(database.dataSource("app"));
		assertThat(version(database.jdbc("app"))).isEqualTo("1.7.3");
	}

	@ParameterizedTest
	@EnumSource
	void upgradesWhatAnAdministratorHasInstalled(Installation installation, TestDatabase database) {
		database.install("app");
		installation.run(database.dataSource("app"), NextVersion.get());
		assertThat(version(database.jdbc("app"))).isEqualTo(NextVersion.NAME);
	}

	@ParameterizedTest
	@EnumSource
	void upgradesWhatLiquibaseHasInstalled(Installation installation, TestDatabase database) {
		Installation.LIQUIBASE.run(database.dataSource("app"));
		NextVersion next = NextVersion.get();
		installation.run(database.dataSource("app"), next);
		installation.run(database.dataSource("app"), next);
		assertThat(version(database.jdbc("app"))).isEqualTo(NextVersion.NAME);
	}

	@ParameterizedTest
	@EnumSource
	void installsTheNextVersionAsAWhole(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"), NextVersion.get());
		assertThat(version(database.jdbc("app"))).isEqualTo(NextVersion.NAME);
	}

	@ParameterizedTest
	@EnumSource
	void takesNoPartInTheTransactionOfItsThread(Installation installation, TestDatabase database) {
		DataSource dataSource = database.dataSource("app");
		JdbcClient jdbc = JdbcClient.create(dataSource);
		jdbc.sql("CREATE TABLE parcel ()").update();
		new TransactionTemplate(new JdbcTransactionManager(dataSource)).executeWithoutResult((status) -> {
			jdbc.sql("INSERT INTO parcel DEFAULT VALUES").update();
			installation.run(dataSource);
			status.setRollbackOnly();
		});
		assertThat(version(jdbc)).isEqualTo(TestDatabase.SCHEMA_VERSION);
		assertThat(jdbc.sql("SELECT count(*) FROM parcel").query(Integer.class).single()).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void failsAsAWholeWhenAStatementFails(Installation installation, TestDatabase database) {
		JdbcClient administrator = database.jdbc("postgres");
		administrator.sql("""
				CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS
				$$ BEGIN RAISE 'no procedures today'; END $$""").update();
		administrator.sql("""
				CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE PROCEDURE')
				EXECUTE FUNCTION public.refuse()""").update();
		SingleConnectionDataSource pool = new SingleConnectionDataSource(database.url(), "app", "", true);
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> installation.run(pool))
			.havingRootCause()
			.withMessageContaining("no procedures today");
		assertThat(advisoryLocks(database)).isZero();
		pool.destroy();
		administrator.sql("DROP EVENT TRIGGER refuse").update();
		installation.run(database.dataSource("app"));
		assertThat(version(database.jdbc("app"))).isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

	private static String version(JdbcClient jdbc) {
		return jdbc.sql("SELECT pgdispatch.version()").query(String.class).single();
	}

	private static String owner(TestDatabase database) {
		return database.jdbc("app")
			.sql("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'pgdispatch'")
			.query(String.class)
			.single();
	}

	private static List<Map<String, Object>> settings(JdbcClient jdbc) {
		return jdbc.sql("SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name")
			.query()
			.listOfRows();
	}

	private static int advisoryLocks(TestDatabase database) {
		return database.jdbc("postgres").sql("""
				SELECT count(*)
				  FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
				 WHERE locktype = 'advisory' AND datname = current_database()""").query(Integer.class).single();
	}

	private static void setVersion(TestDatabase database, String version) {
		database.jdbc("app")
			.sql("CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text LANGUAGE sql AS $$ SELECT '" + version
					+ "'::text $$")
			.update();
	}

}
