package io.github.pgdispatch.schema;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The files that the schema is made from, and the package for dbdev that is made from
 * them.
 */
@PostgresTest
class SchemaSourcesTests {

	private static final Path SOURCES = Path.of("src", "main", "sql");

	private static final Path DBDEV = Path.of("target", "dbdev");

	private static final Pattern SPECIAL = Pattern.compile("order\\.txt|versions\\.txt|changelog\\.xml|signatures\\.txt"
			+ "|extension/README\\.md|extension/pg_dispatch\\.control|extension/pgtle\\.sql|update/.*\\.sql|released/.*\\.sql");

	private static final Pattern DEFINITION = Pattern.compile(
			"(?m)^\\s*CREATE (?:OR REPLACE )?(?:UNIQUE )?(?:(?:FUNCTION|PROCEDURE|TABLE) pgdispatch\\.(?<object>\\w+)"
					+ "|INDEX (?<index>\\w+)|(?:POLICY|TRIGGER) (?<part>\\w+)\\s[^;]*?ON (?<table>pgdispatch\\.\\w+))");

	private final TestDatabase database;

	SchemaSourcesTests(TestDatabase database) {
		this.database = database;
	}

	@Test
	void everythingIsDefinedExactlyOnce() throws IOException, SQLException {
		List<String> defined = ordered().map(SchemaSourcesTests::read)
			.flatMap((script) -> DEFINITION.matcher(script).results())
			.map(SchemaSourcesTests::definition)
			.sorted()
			.toList();
		try (Session session = installed(TestDatabase.script())) {
			assertThat(defined).isEqualTo(session
				.values("""
						SELECT p.proname::text COLLATE "C" FROM pg_proc AS p WHERE p.pronamespace = 'pgdispatch'::regnamespace
						 UNION ALL
						SELECT c.relname FROM pg_class AS c
						 WHERE c.relnamespace = 'pgdispatch'::regnamespace
						   AND c.relkind IN ('r', 'p', 'i')
						   AND NOT EXISTS (SELECT FROM pg_constraint AS n WHERE n.conindid = c.oid)
						 UNION ALL
						SELECT p.polname || ' on ' || p.polrelid::regclass FROM pg_policy AS p
						 UNION ALL
						SELECT t.tgname || ' on ' || t.tgrelid::regclass FROM pg_trigger AS t WHERE NOT t.tgisinternal
						 ORDER BY 1"""));
		}
	}

	private static String definition(MatchResult match) {
		String object = (match.group(1) != null) ? match.group(1) : match.group(2);
		return (object != null) ? object : match.group(3) + " on " + match.group(4);
	}

	@Test
	void everyFileIsAsciiAndHasItsPlace() throws IOException {
		List<String> ordered = ordered().toList();
		assertThat(ordered).doesNotHaveDuplicates();
		try (Stream<Path> files = Files.walk(SOURCES)) {
			assertThat(files.filter(Files::isRegularFile)).allSatisfy((file) -> {
				String name = SOURCES.relativize(file).toString().replace('\\', '/');
				assertThat(ordered.contains(name) || SPECIAL.matcher(name).matches())
					.as("%s is listed in order.txt", name)
					.isTrue();
				assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).as(name).isASCII();
			});
		}
	}

	@Test
	void dbdevTakesItsScripts() throws IOException {
		try (Stream<Path> files = Files.list(DBDEV)) {
			assertThat(files.filter((file) -> file.toString().endsWith(".sql"))).isNotEmpty()
				.allSatisfy((file) -> assertThat(Files.readString(file)).hasSizeLessThan(250_000));
		}
	}

	@Test
	void packageForDbdevInstallsTheSameSchema() throws IOException, SQLException {
		String compact = Files.readString(DBDEV.resolve("pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql"));
		List<String> signatures;
		List<String> comments;
		List<String> settings;
		try (Session session = installed(TestDatabase.script())) {
			signatures = SchemaSignatures.of(session);
			comments = SchemaSignatures.comments(session);
			settings = settings(session);
		}
		try (Session session = installed(compact)) {
			assertThat(SchemaSignatures.of(session)).isEqualTo(signatures);
			assertThat(SchemaSignatures.comments(session)).isEqualTo(comments).isNotEmpty();
			assertThat(settings(session)).isEqualTo(settings).isNotEmpty();
		}
	}

	private static List<String> settings(Session session) throws SQLException {
		return session.values("""
				SELECT p.oid::regprocedure || ': ' || s.setting
				  FROM pg_proc AS p,
				       unnest(p.proconfig) AS s (setting)
				 WHERE p.pronamespace = 'pgdispatch'::regnamespace
				 ORDER BY 1""");
	}

	private Session installed(String script) throws SQLException {
		Session session = new Session(this.database, "postgres");
		session.run("DROP SCHEMA IF EXISTS pgdispatch CASCADE", script);
		return session;
	}

	private static Stream<String> ordered() throws IOException {
		return Files.readString(SOURCES.resolve("order.txt"))
			.lines()
			.filter((line) -> !line.isBlank() && !line.startsWith("#"));
	}

	private static String read(String file) {
		try {
			return Files.readString(SOURCES.resolve(file));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
