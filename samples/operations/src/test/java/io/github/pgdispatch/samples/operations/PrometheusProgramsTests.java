package io.github.pgdispatch.samples.operations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.test.DebianPackages;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PrometheusPrograms}.
 */
class PrometheusProgramsTests {

	@Test
	void withoutPrometheusTestsAreSkipped() {
		assertThatExceptionOfType(TestAbortedException.class).isThrownBy(() -> PrometheusPrograms.find(Map.of()))
			.withMessageContaining("There is no Prometheus");
	}

	@Test
	void rulesAndConfigurationAreAccepted() throws Exception {
		PrometheusPrograms programs = PrometheusPrograms.find();
		Path directory = programs.createDirectory();
		Path rules = Files.copy(Rules.FILE, directory.resolve(Rules.FILE.getFileName()));
		Path configuration = Files.writeString(directory.resolve("prometheus.yml"), Readme.block("yaml"));
		assertThat(run(programs.command("promtool", "check", "rules", "--lint-fatal", programs.path(rules))))
			.contains("SUCCESS: " + Rules.names().size() + " rules found");
		assertThat(run(programs.command("promtool", "check", "config", "--lint-fatal", programs.path(configuration))))
			.contains("SUCCESS");
	}

	private static String run(List<String> command) {
		return DebianPackages.run(command);
	}

}
