package io.github.pgdispatch.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A file in the repository lists what the schema consists of, so that a change of it is
 * seen by whoever reviews the change.
 */
@Tag("every-postgresql")
@PostgresTest
class SchemaSignaturesTests {

	private static final Path EXPECTED = Path.of("src", "main", "sql", "signatures.txt");

	private static final Path ACTUAL = Path.of("target", "signatures.txt");

	private static final String TITLE = """
			# What the schema pgdispatch consists of. SchemaSignaturesTests compares this file with an installed schema.

			""";

	@Test
	void fileListsWhatTheSchemaConsistsOf(TestDatabase database) throws IOException, SQLException {
		List<String> lines;
		try (Session session = new Session(database.install("postgres"), "postgres")) {
			lines = SchemaSignatures.of(session);
		}
		String actual = TITLE + String.join("\n", lines).replaceAll("\n(?=TABLE|FUNCTION|PROCEDURE)", "\n\n") + "\n";
		Files.writeString(ACTUAL, actual);
		assertThat(Files.readString(EXPECTED))
			.as("The schema has changed. If this is what you want, replace %s by %s.", EXPECTED, ACTUAL)
			.isEqualTo(actual);
	}

}
