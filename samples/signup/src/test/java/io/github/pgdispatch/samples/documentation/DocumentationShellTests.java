package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the commands in the documentation are of things that there are.
 */
class DocumentationShellTests {

	private static final Set<String> PROGRAMS = Set.of("mvn", "java", "bash", "curl", "psql", "kill", "docker");

	static Stream<CodeBlock> shell() {
		return Repository.pages().flatMap((page) -> page.blocks("shell").stream());
	}

	private static List<String> commands(CodeBlock block) {
		return block.code()
			.replaceAll("\\\\\n\\s*", "")
			.lines()
			.map((line) -> line.replaceFirst("^([A-Z_]+=\\S+ )+", ""))
			.toList();
	}

	@ParameterizedTest
	@MethodSource("shell")
	void programsAreKnown(CodeBlock block) {
		assertThat(commands(block)).as(block.toString())
			.allSatisfy((command) -> assertThat(PROGRAMS).contains(command.split(" ")[0]));
	}

	@ParameterizedTest
	@MethodSource("shell")
	void modulesThatMavenIsToBuildAreThere(CodeBlock block) {
		assertThat(values("-pl (\\S+)", block)).flatExtracting((modules) -> List.of(modules.split(",")))
			.filteredOn((module) -> !module.equals("."))
			.allSatisfy((module) -> assertThat(Repository.read(Path.of("pom.xml")))
				.contains("<module>" + module + "</module>"));
	}

	@ParameterizedTest
	@MethodSource("shell")
	void testsThatMavenIsToRunAreThere(CodeBlock block) {
		assertThat(values("-Dtest=([A-Za-z]+)", block)).allSatisfy(
				(test) -> assertThat(Repository.sources()).anyMatch((source) -> source.contains("class " + test)));
	}

	@ParameterizedTest
	@MethodSource("shell")
	void scriptsAndProgramsAreThere(CodeBlock block) {
		assertThat(values("(?m)^(?:bash|java) (\\S+/\\S+)", block))
			.allMatch((script) -> Repository.exists(Path.of(script)));
	}

	@ParameterizedTest
	@MethodSource("shell")
	void jarsHaveTheVersionOfThisBuild(CodeBlock block) {
		assertThat(values("-jar pg-dispatch-autoconfigure-(\\S+)\\.jar", block))
			.allSatisfy((version) -> assertThat(Repository.read(Path.of("pom.xml")))
				.contains("<version>" + version + "</version>"));
	}

	private static List<String> values(String pattern, CodeBlock block) {
		return Pattern.compile(pattern).matcher(block.code()).results().map((value) -> value.group(1)).toList();
	}

	@Test
	void readmeHasTheCommandsThatAreUsed() {
		List<CodeBlock> commands = Repository.page("README.md").blocks("shell");
		assertThat(commands).hasSize(2);
		assertThat(Repository.read(Path.of("samples/signup/README.md"))).contains(commands.get(0).code().strip());
		assertThat(Repository.read(Path.of(".ci/run"))).contains(commands.get(1).code().strip());
	}

	@Test
	void readmeIsADoor() {
		assertThat(Repository.page("README.md").text().lines().count()).isLessThan(200);
	}

}
