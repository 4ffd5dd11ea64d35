package io.github.pgdispatch.schema;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;
import io.github.pgdispatch.test.NextVersion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The extension and the application get along: what the extension owns, the application
 * uses or leaves alone.
 */
@PgCronTest
class SchemaOfExtensionTests {

	private static final Pattern STATEMENTS = Pattern.compile("(?:ALTER|DROP) (?:EXTENSION|SCHEMA) [^;]*;");

	private final PgCronServer server;

	private final TestDatabase database;

	private final JdbcTemplate administrator;

	SchemaOfExtensionTests(PgCronServer server) {
		this.server = server;
		this.database = server.database();
		this.administrator = new JdbcTemplate(this.database.dataSource("postgres"));
		server.installExtension(ExtensionFiles.all());
		server.installExtension(
				Map.of("pg_dispatch--0.1.5.sql", ExtensionFiles.predecessor(), "Snehil_Shah@pg_dispatch.control",
						ExtensionFiles.control(), "Snehil_Shah@pg_dispatch--0.1.5.sql", ExtensionFiles.predecessor()));
	}

	@BeforeEach
	@AfterEach
	void dropEverything() {
		run("DROP EXTENSION IF EXISTS pg_dispatch", "DROP EXTENSION IF EXISTS pg_dispatch_next",
				"DROP EXTENSION IF EXISTS \"Snehil_Shah@pg_dispatch\"", "DROP SCHEMA IF EXISTS pgdispatch CASCADE");
	}

	@ParameterizedTest
	@EnumSource
	void extensionIsUsedAsItIs(Installation installation) {
		run("CREATE EXTENSION pg_dispatch", "CALL pgdispatch.grant_to('app')");
		List<String> objects = objects();
		start(installation);
		assertThat(objects()).isEqualTo(objects);
	}

	@ParameterizedTest
	@EnumSource
	void extensionThatIsTooOldIsUpdatedByItsOwner(Installation installation) {
		NextVersion next = NextVersion.get();
		this.server.installExtension(next.extensionFiles("pg_dispatch_next"));
		run("CREATE EXTENSION pg_dispatch_next VERSION '" + TestDatabase.SCHEMA_VERSION + "'",
				"CALL pgdispatch.grant_to('app')");
		List<String> objects = objects();
		PgDispatchConfigurationException failure = assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> installation.run(this.database.dataSource("app"), next))
			.actual();
		assertThat(failure.getDescription()).contains(
				"belongs to the extension pg_dispatch_next " + TestDatabase.SCHEMA_VERSION,
				"needs version " + NextVersion.NAME);
		assertThat(failure.getAction()).contains("ALTER EXTENSION pg_dispatch_next UPDATE;");
		assertThat(objects()).isEqualTo(objects);
		run("ALTER EXTENSION pg_dispatch_next UPDATE");
		installation.run(this.database.dataSource("app"), next);
	}

	@ParameterizedTest
	@EnumSource
	void privilegesAreGrantedByTheOwnerOfTheExtension(Installation installation) {
		run("CREATE EXTENSION pg_dispatch");
		assertThat(failure(installation).getAction()).contains("CALL pgdispatch.grant_to('app');");
		run("CALL pgdispatch.grant_to('app')");
		start(installation);
	}

	@ParameterizedTest
	@EnumSource
	void predecessorIsLeftAlone(Installation installation) {
		run("CREATE EXTENSION pg_dispatch VERSION '0.1.5'");
		List<String> objects = objects();
		PgDispatchConfigurationException failure = failure(installation);
		assertThat(failure.getDescription()).contains("belongs to the extension pg_dispatch 0.1.5",
				"neither used nor changed");
		assertThat(objects()).isEqualTo(objects);
		runStatementsOf(failure);
		start(installation);
	}

	@ParameterizedTest
	@EnumSource
	void predecessorOfAnotherName(Installation installation) {
		run("CREATE EXTENSION \"Snehil_Shah@pg_dispatch\" VERSION '0.1.5'");
		PgDispatchConfigurationException failure = failure(installation);
		assertThat(failure.getDescription()).contains("belongs to the extension \"Snehil_Shah@pg_dispatch\" 0.1.5");
		assertThat(failure.getAction()).contains("is lost without an error unless the new schema is there",
				"in one transaction: DROP EXTENSION \"Snehil_Shah@pg_dispatch\"; DROP SCHEMA IF EXISTS pgdispatch; SET ROLE app;");
		runStatementsOf(failure);
		start(installation);
	}

	@ParameterizedTest
	@EnumSource
	void predecessorThatIsNoExtension(Installation installation) {
		run(ExtensionFiles.predecessor());
		PgDispatchConfigurationException failure = failure(installation);
		assertThat(failure.getDescription()).contains("It is the one of pg_dispatch 0.1");
		runStatementsOf(failure);
		start(installation);
	}

	private void start(Installation installation) {
		installation.run(this.database.dataSource("app"));
	}

	private PgDispatchConfigurationException failure(Installation installation) {
		return assertThatExceptionOfType(PgDispatchConfigurationException.class).isThrownBy(() -> start(installation))
			.actual();
	}

	private void runStatementsOf(PgDispatchConfigurationException failure) {
		Matcher statement = STATEMENTS.matcher(failure.getAction());
		while (statement.find()) {
			run(statement.group());
		}
	}

	private List<String> objects() {
		return this.administrator.queryForList("""
				SELECT concat(pg_describe_object(classid, objid, objsubid), ' ', deptype)
				  FROM pg_depend
				 WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'pgdispatch'::regnamespace
				    OR refclassid = 'pg_extension'::regclass
				 ORDER BY 1""", String.class);
	}

	private void run(String... statements) {
		List.of(statements).forEach(this.administrator::execute);
	}

}
