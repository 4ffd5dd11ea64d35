package io.github.pgdispatch.test;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.boot.SpringBootVersion;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the tests run with the versions that were asked for.
 */
@PostgresTest
@Tag("every-postgresql")
@EnabledIfSystemProperty(named = "expected.postgresql.version", matches = ".+", disabledReason = "run by Maven only")
class VersionsTests {

	@Test
	void serverHasTheVersionOfItsBinaries(TestDatabase database) {
		String binaries = System.getProperty("expected.postgresql.version");
		assertThat(database.jdbc("app").sql("SHOW server_version").query(String.class).single())
			.isEqualTo(binaries.replaceFirst("\\.0(-\\d+)?$", ""));
	}

	@Test
	void springBootHasTheVersionOfTheBuild() {
		assertThat(SpringBootVersion.getVersion()).isEqualTo(System.getProperty("expected.spring-boot.version"));
	}

}
