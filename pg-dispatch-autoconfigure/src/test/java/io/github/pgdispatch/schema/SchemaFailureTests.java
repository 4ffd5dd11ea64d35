package io.github.pgdispatch.schema;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for what keeps an application from starting: what was found, and that what it
 * says is to be done about it helps.
 */
@PostgresTest
class SchemaFailureTests {

	@ParameterizedTest
	@EnumSource
	void noRightToCreateASchema(Installation installation, TestDatabase database) {
		String role = createRole(database);
		assertFails(() -> installation.run(database.dataSource(role)), (failure) -> {
			assertThat(failure.getDescription()).isEqualTo("There is no schema pgdispatch in the database "
					+ database.name() + ", and the role \"" + role + "\" may not create one.");
			assertThat(failure.getAction()).contains("CREATE SCHEMA pgdispatch AUTHORIZATION \"" + role + "\";");
		});
		database.jdbc("postgres").sql("CREATE SCHEMA pgdispatch AUTHORIZATION \"" + role + "\";").update();
		installation.run(database.dataSource(role));
	}

	@ParameterizedTest
	@EnumSource
	void emptySchemaOfAnotherRole(Installation installation, TestDatabase database) {
		database.jdbc("postgres").sql("CREATE SCHEMA pgdispatch").update();
		database.jdbc("postgres").sql("GRANT ALL ON SCHEMA pgdispatch TO app").update();
		assertFails(() -> installation.run(database.dataSource("app")), (failure) -> {
			assertThat(failure.getDescription()).contains("owned by postgres.",
					"The role app cannot install version " + TestDatabase.SCHEMA_VERSION + " in it");
			assertThat(failure.getAction()).contains("ALTER SCHEMA pgdispatch OWNER TO app;");
		});
		database.jdbc("postgres").sql("ALTER SCHEMA pgdispatch OWNER TO app;").update();
		installation.run(database.dataSource("app"));
	}

	@ParameterizedTest
	@EnumSource
	void schemaOfTheSameNameThatIsNotOurs(Installation installation, TestDatabase database) {
		database.jdbc("app").sql("CREATE SCHEMA pgdispatch CREATE TABLE parcel ()").update();
		assertFails(() -> installation.run(database
			.dataSource("app")), (failure) -> assertThat(failure.getDescription()).contains(
					"It is not one of pg-dispatch, as it has no function version() but holds table pgdispatch.parcel"));
	}

	@ParameterizedTest
	@EnumSource
	void versionThatIsNone(Installation installation, TestDatabase database) {
		database.install("app");
		setVersion(database, "banana");
		assertFails(() -> installation.run(database.dataSource("app")),
				(failure) -> assertThat(failure.getDescription()).contains("returned 'banana'"));
	}

	@ParameterizedTest
	@EnumSource
	void newerMajorVersion(Installation installation, TestDatabase database) {
		database.install("app");
		setVersion(database, "2.0.0");
		assertFails(() -> installation.run(database.dataSource("app")), (failure) -> {
			assertThat(failure.getDescription()).contains("There is a schema pgdispatch 2.0.0 in the database ",
					"needs version " + TestDatabase.SCHEMA_VERSION + " or a newer one that starts with 1.");
			assertThat(failure.getAction()).contains("Upgrade pg-dispatch in this application");
		});
	}

	@ParameterizedTest
	@EnumSource
	void extensionThatFitsIsUsed(Installation installation, TestDatabase database) {
		installAsMemberOfExtension(database);
		database.jdbc("app").sql("CALL pgdispatch.grant_to('app')").update();
		installation.run(database.dataSource("app"));
	}

	@ParameterizedTest
	@EnumSource
	void extensionThatIsTooOldIsNotChanged(Installation installation, TestDatabase database) {
		installAsMemberOfExtension(database);
		setVersion(database, "0.9.0");
		assertFails(() -> installation.run(database.dataSource("app")), (failure) -> {
			assertThat(failure.getDescription()).contains("pgdispatch 0.9.0", "belongs to the extension plpgsql 1.0",
					"needs version " + TestDatabase.SCHEMA_VERSION);
			assertThat(failure.getAction()).contains("ALTER EXTENSION", "drop it", "pgdispatch.schema.mode to none");
		});
	}

	@ParameterizedTest
	@EnumSource
	void extensionThatHasPutItsObjectsInTheSchema(Installation installation, TestDatabase database) {
		database.jdbc("app").sql("CREATE SCHEMA pgdispatch").update();
		database.jdbc("postgres").sql("CREATE EXTENSION hstore SCHEMA pgdispatch").update();
		assertFails(() -> installation.run(database.dataSource("app")),
				(failure) -> assertThat(failure.getDescription()).contains("belongs to the extension hstore 1."));
	}

	@ParameterizedTest
	@EnumSource
	void privilegesOnAnExtensionAreLeftToItsOwner(Installation installation, TestDatabase database) {
		installAsMemberOfExtension(database);
		String role = createRole(database);
		assertFails(() -> installation.run(database.dataSource("app"), role), (failure) -> {
			assertThat(failure.getDescription()).contains("Privileges are missing there for \"" + role + "\".");
			assertThat(failure.getAction()).contains("CALL pgdispatch.grant_to('\"" + role + "\"');");
		});
	}

	@Test
	void liquibaseThatIsNotOnTheClassPath(TestDatabase database) {
		SchemaInitializer initializer = SchemaInitializer.liquibase(database.dataSource("app"), List.of(),
				new DefaultResourceLoader(new FilteredClassLoader(SpringLiquibase.class)));
		assertFails(initializer::afterPropertiesSet, (failure) -> {
			assertThat(failure.getDescription()).contains("Liquibase is not on the class path");
			assertThat(failure.getAction()).contains("org.liquibase:liquibase-core", "pgdispatch.schema.mode to jdbc");
		});
	}

	@ParameterizedTest
	@EnumSource
	void anotherDatabase(Installation installation) {
		assertFails(() -> installation.run(server("H2", 2)), (failure) -> {
			assertThat(failure.getDescription())
				.isEqualTo("pg-dispatch works with PostgreSQL, and the DataSource is connected to H2.");
			assertThat(failure.getAction()).contains("@PgDispatchDataSource");
		});
	}

	@ParameterizedTest
	@EnumSource
	void olderPostgresql(Installation installation) {
		assertFails(() -> installation.run(server("PostgreSQL", 12)),
				(failure) -> assertThat(failure.getDescription())
					.isEqualTo("pg-dispatch works with PostgreSQL 13 or newer, and the DataSource is connected to "
							+ "PostgreSQL 12.0."));
	}

	private static void installAsMemberOfExtension(TestDatabase database) {
		database.install("app");
		database.jdbc("postgres").sql("ALTER EXTENSION plpgsql ADD SCHEMA pgdispatch").update();
		database.jdbc("postgres").sql("ALTER EXTENSION plpgsql ADD FUNCTION pgdispatch.version()").update();
	}

	private static void setVersion(TestDatabase database, String version) {
		database.jdbc("postgres")
			.sql("CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text LANGUAGE sql AS $$ SELECT '" + version
					+ "'::text $$")
			.update();
	}

	private static String createRole(TestDatabase database) {
		String role = "Role of " + database.name();
		database.jdbc("postgres").sql("CREATE ROLE \"" + role + "\" LOGIN").update();
		return role;
	}

	private static void assertFails(Runnable start, Consumer<PgDispatchConfigurationException> failure) {
		assertThatExceptionOfType(PgDispatchConfigurationException.class).isThrownBy(start::run).satisfies(failure);
	}

	private static DataSource server(String product, int majorVersion) {
		DatabaseMetaData metaData = proxy(DatabaseMetaData.class, (method) -> switch (method) {
			case "getDatabaseProductName" -> product;
			case "getDatabaseMajorVersion" -> majorVersion;
			case "getDatabaseProductVersion" -> majorVersion + ".0";
			default -> throw new UnsupportedOperationException(method);
		});
		Connection connection = proxy(Connection.class, (method) -> switch (method) {
			case "getMetaData" -> metaData;
			case "close" -> null;
			default -> throw new UnsupportedOperationException(method);
		});
		return new AbstractDataSource() {

			@Override
			public Connection getConnection() {
				return connection;
			}

			@Override
			public Connection getConnection(String username, String password) {
				return connection;
			}

		};
	}

	private static <T> T proxy(Class<T> type, Function<String, Object> methods) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
				(proxy, method, args) -> methods.apply(method.getName())));
	}

}
