package io.github.pgdispatch.extension;

import java.util.Map;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

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

}
