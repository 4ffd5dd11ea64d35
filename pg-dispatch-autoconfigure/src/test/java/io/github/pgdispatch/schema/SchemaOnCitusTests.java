package io.github.pgdispatch.schema;

import java.util.List;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.CitusStandIn;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What an installation does where the database has Citus, of which a stand-in is there.
 */
@PostgresTest
class SchemaOnCitusTests {

	@ParameterizedTest
	@EnumSource
	void citusCopiesNothingOfTheInstallation(Installation installation, TestDatabase database) {
		CitusStandIn.add(database);
		recordPropagation(database);
		SingleConnectionDataSource pool = new SingleConnectionDataSource(database.url(), "app", "", true);
		JdbcClient session = JdbcClient.create(pool);
		session.sql("SELECT set_config('citus.enable_ddl_propagation', 'on', false)").query(String.class).single();
		installation.run(pool);
		assertThat(recorded(database)).contains("CREATE SCHEMA off", "CREATE FUNCTION off", "CREATE TABLE off")
			.as("Citus copies no tables, such as those of Liquibase")
			.allMatch((command) -> command.endsWith(" off") || command.endsWith(" databasechangelog on"));
		assertThat(session.sql("SHOW citus.enable_ddl_propagation").query(String.class).single())
			.as("after the installation")
			.isEqualTo("on");
		pool.destroy();
	}

	@Test
	void nothingIsSetWithoutCitus(TestDatabase database) {
		recordPropagation(database);
		Installation.LIQUIBASE.run(database.dataSource("app"));
		assertThat(recorded(database)).contains("CREATE SCHEMA unset", "CREATE FUNCTION unset")
			.allMatch((command) -> command.endsWith(" unset"));
	}

	private static void recordPropagation(TestDatabase database) {
		JdbcClient admin = database.jdbc("postgres");
		admin.sql("CREATE TABLE public.ddl (command text)").update();
		admin.sql("GRANT ALL ON public.ddl TO app").update();
		admin
			.sql("""
					CREATE FUNCTION public.record_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
					BEGIN
						INSERT INTO public.ddl
						SELECT TG_TAG || CASE WHEN c.object_identity LIKE '%databasechangelog%' THEN ' databasechangelog ' ELSE ' ' END
								|| coalesce(current_setting('citus.enable_ddl_propagation', true), 'unset')
						  FROM pg_event_trigger_ddl_commands() AS c;
					END
					$$""")
			.update();
		admin.sql("CREATE EVENT TRIGGER record_ddl ON ddl_command_end EXECUTE FUNCTION public.record_ddl()").update();
	}

	private static List<String> recorded(TestDatabase database) {
		return database.jdbc("postgres").sql("SELECT DISTINCT command FROM public.ddl").query(String.class).list();
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "postgres" })
	void functionsWithoutTablesAreNoSchema(String owner, TestDatabase database) {
		database.install(owner);
		dropTables(database);
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> new SchemaValidator(database.dataSource("app"), List.of()).afterPropertiesSet())
			.satisfies((failure) -> {
				assertThat(failure.getDescription()).contains("pgdispatch",
						"in the database " + database.name() + ", owned by " + owner,
						"no table job, handler_job, managed_job,", "worker node of Citus");
				assertThat(failure.getAction()).contains("the coordinator", "DROP SCHEMA pgdispatch CASCADE");
			});
	}

	@Test
	void nothingIsInstalledBesideFunctionsWithoutTables(TestDatabase database) {
		database.install("app");
		dropTables(database);
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> Installation.JDBC.run(database.dataSource("app")))
			.satisfies((failure) -> assertThat(failure.getDescription()).contains("no table job"));
	}

	/**
	 * Leaves what Citus copies: functions, but not those that need a table.
	 */
	private static void dropTables(TestDatabase database) {
		database.jdbc("postgres").sql("""
				DO $$
				BEGIN
					EXECUTE (SELECT 'DROP TABLE ' || string_agg(c.oid::regclass::text, ', ') || ' CASCADE'
							   FROM pg_class AS c
							  WHERE c.relnamespace = 'pgdispatch'::regnamespace
								AND c.relkind IN ('r', 'p'));
				END
				$$""").update();
	}

}
