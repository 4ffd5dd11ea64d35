package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that there is no code in the documentation that is not tested somewhere, and that
 * its Java is part of sources that are compiled.
 */
class DocumentationCodeTests {

	/**
	 * Where the code of each language is tested.
	 */
	private static final Map<String, Class<?>> TESTED = Map.of("java", DocumentationCodeTests.class, "sql",
			DocumentationSqlTests.class, "shell", DocumentationShellTests.class, "properties",
			DocumentationConfigurationTests.class, "yaml", DocumentationConfigurationTests.class, "xml",
			DocumentationConfigurationTests.class);

	/**
	 * What cannot be tested, and why.
	 */
	private static final Map<String, String> NOT_TESTED = Map.of("text", "drawings and output, no code", "json",
			"answers of the endpoint, which DocumentedAnswersTests compares with real ones", "kotlin",
			"this build has no Kotlin compiler and no Gradle; what is named in a build script is compared below");

	static Stream<CodeBlock> java() {
		return Repository.pages().flatMap((page) -> page.blocks("java").stream());
	}

	static Stream<Page> pages() {
		return Repository.pages();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void everyBlockIsInALanguageThatIsTestedOrExcused(Page page) {
		assertThat(page.blocks()).extracting(CodeBlock::language)
			.allMatch((language) -> TESTED.containsKey(language) || NOT_TESTED.containsKey(language));
	}

	@Test
	void noExcuseIsLeftOver() {
		Set<String> languages = Set
			.copyOf(Repository.pages().flatMap((page) -> page.blocks().stream()).map(CodeBlock::language).toList());
		assertThat(languages).containsAll(NOT_TESTED.keySet()).containsAll(TESTED.keySet());
	}

	@ParameterizedTest
	@MethodSource("java")
	void javaIsPartOfASourceThatIsCompiled(CodeBlock block) {
		assertThat(Sources.ALL).as(block.toString()).anyMatch((source) -> source.contains(withoutSpace(block)));
	}

	private static String withoutSpace(CodeBlock block) {
		return CodeBlock.withoutSpace(block.code());
	}

	@Test
	void answersOfTheEndpointAreTestedWhereItIs() {
		assertThat(Repository.pages().filter((page) -> !page.blocks("json").isEmpty())).extracting(Page::path)
			.containsExactly(Path.of("docs", "endpoint.md"));
		assertThat(Repository.sources()).anyMatch((source) -> source.contains("class DocumentedAnswersTests")
				&& source.contains("\"docs\", \"endpoint.md\""));
	}

	@Test
	void buildScriptNamesTheStarterAndSpringBootOfThisBuild() {
		String pom = Repository.read(Path.of("pom.xml"));
		CodeBlock script = Repository.page("docs/getting-started.md").blocks("kotlin").get(0);
		assertThat(script.code()).contains("\"io.github.pgdispatch:pg-dispatch-spring-boot-starter:"
				+ first("<artifactId>pg-dispatch</artifactId>\\s*<version>(.*?)</version>", pom) + "\"");
		assertThat(script.code()).contains("id(\"org.springframework.boot\") version \""
				+ first("<spring-boot.version>(.*?)</spring-boot.version>", pom) + "\"");
	}

	@Test
	void comparisonIsWithTheVersionsOfTheBenchmark() {
		String benchmark = Repository.read(Path.of("samples", "benchmark", "pom.xml"));
		String graphileWorker = Repository.read(Path.of("samples", "benchmark", "src", "main", "resources", "io",
				"github", "pgdispatch", "samples", "benchmark", "peer", "graphile-worker", "package.json"));
		assertThat(Repository.page("docs/comparison.md").text()).contains(
				"| db-scheduler | " + versionOf("db-scheduler", benchmark) + " |",
				"| JobRunr, open source | " + versionOf("jobrunr", benchmark) + " |",
				"| transaction-outbox | " + versionOf("transactionoutbox-spring", benchmark) + " and 7 |",
				"| Spring Modulith's registry | "
						+ first("<spring-modulith.version>(.*?)<", Repository.read(Path.of("pom.xml"))) + " |",
				"| graphile-worker | " + first("\"graphile-worker\": \"(.*?)\"", graphileWorker) + " |");
	}

	private static String versionOf(String artifact, String pom) {
		return first("<artifactId>" + artifact + "</artifactId>\\s*<version>(.*?)</version>", pom);
	}

	/**
	 * The constant parts of them, as sources put them together.
	 */
	@Test
	void logMessagesAreThoseOfTheSources() {
		String page = Repository.page("docs/operations.md").text();
		List<String> parts = Pattern.compile("^\\| `([^`]+)` \\| (?:INFO|WARN) \\|", Pattern.MULTILINE)
			.matcher(page)
			.results()
			.flatMap((message) -> Stream.of(message.group(1).split("\u2026")))
			.map(CodeBlock::withoutSpace)
			.filter((part) -> part.length() > 3)
			.toList();
		List<String> sources = Sources.ALL.stream().map((source) -> source.replace("\"+\"", "")).toList();
		assertThat(parts).hasSizeGreaterThan(5)
			.allSatisfy((part) -> assertThat(sources).as(part).anyMatch((source) -> source.contains(part)));
	}

	private static String first(String pattern, String text) {
		Matcher matcher = Pattern.compile(pattern).matcher(text);
		assertThat(matcher.find()).isTrue();
		return matcher.group(1);
	}

	/**
	 * Read once for all blocks.
	 */
	private static final class Sources {

		static final List<String> ALL = Repository.sources().stream().map(CodeBlock::withoutSpace).toList();

	}

}
