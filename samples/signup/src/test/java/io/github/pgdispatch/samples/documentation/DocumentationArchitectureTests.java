package io.github.pgdispatch.samples.documentation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the pages that tell where what is in the sources are right.
 */
class DocumentationArchitectureTests {

	private static final Pattern CODE = Pattern.compile("`([^`]+)`");

	private static final Pattern PATH = Pattern.compile("(pg-dispatch-|samples/|docs/)[A-Za-z0-9_./-]*");

	static Stream<String> paths() {
		return Stream.of("docs/architecture.md", "CONTRIBUTING.md")
			.flatMap((page) -> code(Repository.page(page).prose()).stream())
			.filter((code) -> PATH.matcher(code).matches())
			// The build makes it.
			.filter((path) -> !path.endsWith("/target/extension"))
			.distinct();
	}

	/**
	 * Rows of tables with a path, and names that its file has.
	 */
	static Stream<String> rows() {
		return Repository.page("docs/architecture.md")
			.text()
			.lines()
			.filter((line) -> line.startsWith("|") && line.contains("| `") && !file(line).isEmpty());
	}

	@ParameterizedTest
	@MethodSource("paths")
	void pathIsThere(String path) {
		assertThat(Repository.exists(Path.of(path))).as(path).isTrue();
	}

	@ParameterizedTest
	@MethodSource("rows")
	void namesOccurInTheFile(String row) {
		Path file = Path.of(file(row));
		assertThat(Files.isRegularFile(Repository.ROOT.resolve(file))).as(row).isTrue();
		String source = Repository.read(file);
		assertThat(names(row)).allSatisfy((name) -> assertThat(source)
			.containsPattern("(?<![A-Za-z0-9_])" + Pattern.quote(name) + "(?![A-Za-z0-9_])"));
	}

	private static String file(String row) {
		return code(row).stream().filter((code) -> code.matches("pg-dispatch-.*\\.(java|sql)")).findFirst().orElse("");
	}

	private static List<String> names(String row) {
		return code(row).stream().filter((code) -> !PATH.matcher(code).matches()).toList();
	}

	private static List<String> code(String text) {
		return CODE.matcher(text).results().map((code) -> code.group(1)).toList();
	}

}
