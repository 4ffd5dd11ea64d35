package io.github.pgdispatch.extension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The extension has the version and the scripts that everything else has.
 */
class ExtensionFilesTests {

	@Test
	void defaultVersionIsTheNewest() {
		assertThat(ExtensionFiles.control()).contains("default_version = '" + TestDatabase.SCHEMA_VERSION + "'");
	}

	@Test
	void scriptIsTheOneThatEverybodyRuns() {
		assertThat(ExtensionFiles.scripts())
			.isEqualTo(Map.of("pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql", TestDatabase.script()));
	}

	@Test
	void pgTleIsGivenTheSameScript() {
		assertThat(ExtensionFiles.pgTleScript()).contains(TestDatabase.script())
			.contains("set_default_version('pg_dispatch', '" + TestDatabase.SCHEMA_VERSION + "')");
	}

	@ParameterizedTest
	@ValueSource(strings = { "extension", "dbdev" })
	void readmeSaysWhatAnUpdateWithDbdevCosts(String folder) throws IOException {
		assertThat(Files.readString(Path.of("target", folder, "README.md")))
			.contains("`dbdev add` drops the extension for a new version, and its queue with it")
			.contains("\"Snehil_Shah@pg_dispatch\"");
	}

	@Test
	void dbdevTakesThePackage() throws IOException {
		try (Stream<Path> files = Files.list(Path.of("target", "dbdev"))) {
			assertThat(files.map((file) -> file.getFileName().toString())).containsExactlyInAnyOrder("README.md",
					"pg_dispatch.control", "pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql");
		}
		assertThat(Files.readString(Path.of("target", "dbdev", "pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql")))
			.hasSizeLessThanOrEqualTo(250_000);
	}

}
