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
	void scriptsAreThoseThatEverybodyRuns() {
		assertThat(ExtensionFiles.scripts()).isEqualTo(TestDatabase.scripts());
	}

	@Test
	void pgTleIsGivenTheSameScripts() {
		assertThat(ExtensionFiles.pgTleScript()).contains(TestDatabase.scripts().values())
			.contains("set_default_version('pg_dispatch', '" + TestDatabase.SCHEMA_VERSION + "')");
	}

	/**
	 * Its name and the names of its scripts are such as dbdev takes for those of one
	 * package.
	 */
	@Test
	void scriptsLeadFromTheFirstVersionToTheNewest() {
		String version = "";
		for (Map.Entry<String, String> script : TestDatabase.scripts().entrySet()) {
			String[] name = script.getKey().replace(".sql", "").split("--");
			assertThat(name[0]).isEqualTo("pg_dispatch");
			assertThat((name.length == 3) ? name[1] : "").isEqualTo(version);
			version = name[name.length - 1];
		}
		assertThat(version).isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

}
