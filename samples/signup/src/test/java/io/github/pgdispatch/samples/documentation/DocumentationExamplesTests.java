package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that each page on the use of pg-dispatch has an example, and that each example is
 * small, is run by a test, and has a page.
 */
class DocumentationExamplesTests {

	private static final Path MODULE = Path.of("samples", "features");

	private static final Path MAIN = MODULE.resolve("src/main/java/io/github/pgdispatch/samples/features");

	private static final Path TEST = MODULE.resolve("src/test/java/io/github/pgdispatch/samples/features");

	/**
	 * Pages without an example there, and why.
	 */
	private static final Map<String, String> EXCUSED = Map.of("getting-started.md",
			"it shows the files of samples/quickstart", "kotlin.md", "this build has no Kotlin compiler");

	static Stream<Page> pagesOnUse() {
		Page index = Repository.page("docs/README.md");
		String section = index.text().split("\n## Use it\n", 2)[1].split("\n## ", 2)[0];
		return new Page(index.path(), section).links()
			.stream()
			.filter((link) -> !link.contains("/") && !EXCUSED.containsKey(link))
			.map((link) -> Repository.page("docs/" + link));
	}

	static Stream<Path> examples() {
		return Stream.of(MAIN, TEST)
			.flatMap((directory) -> Repository.files(directory))
			.filter((file) -> file.getFileName().toString().matches("[A-Za-z]+Example(Tests)?\\.java"));
	}

	@Test
	void pagesAndExamplesAreFound() {
		assertThat(pagesOnUse().count()).isGreaterThan(9);
		assertThat(examples().count()).isGreaterThan(25);
	}

	@ParameterizedTest
	@MethodSource("pagesOnUse")
	void pageOnUseLinksToAnExample(Page page) {
		assertThat(links(page)).anyMatch((link) -> examples().anyMatch(link::equals));
	}

	@ParameterizedTest
	@MethodSource("examples")
	void exampleIsLinkedFromAPageAndFromTheList(Path example) {
		assertThat(Repository.pages().filter((page) -> page.path().startsWith("docs")))
			.anyMatch((page) -> links(page).contains(example));
		assertThat(links(Repository.page(MODULE.resolve("README.md").toString()))).contains(example);
	}

	@ParameterizedTest
	@MethodSource("examples")
	void exampleIsSmall(Path example) {
		assertThat(Repository.read(example).lines().count()).isLessThan(80);
	}

	@ParameterizedTest
	@MethodSource("examples")
	void exampleIsRunByATest(Path example) {
		String name = example.getFileName().toString().replace(".java", "");
		assertThat(Repository.files(TEST)).filteredOn((file) -> file.toString().endsWith("Tests.java"))
			.anyMatch((file) -> Repository.read(file).matches("(?s).*(class|@Autowired|new) " + name + "\\b.*"));
	}

	private static List<Path> links(Page page) {
		return page.links().stream().map((link) -> page.path().resolveSibling(link).normalize()).toList();
	}

}
