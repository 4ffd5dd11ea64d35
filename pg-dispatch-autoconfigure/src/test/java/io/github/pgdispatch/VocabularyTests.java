package io.github.pgdispatch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that Java and SQL have one word for one thing: none of those that once had
 * another one. See the glossary in {@code docs/glossary.md}.
 */
class VocabularyTests {

	private static final Pattern RETIRED = Pattern.compile(
			"\\b(suspects?|lanes?|admits?|admitted|bur(y|ied)|summon(s|ed)?|disown(s|ed)?|outlook|hand(s|ed)? over"
					+ "|let(s|ting)? go|waiters|max_running|fired_?at|back_?off_?factor|back_?off_?limit|cron_setting"
					+ "|lettingPass|outsideTransaction|at the most|how often|so many (times|seconds))\\b",
			Pattern.CASE_INSENSITIVE);

	@ParameterizedTest
	@ValueSource(strings = { "src/main/java", "src/main/sql", "src/main/resources", "src/build/java" })
	void noRetiredWordIsUsed(String directory) throws IOException {
		try (Stream<Path> files = Files.walk(Path.of(directory))) {
			List<String> found = files.filter(Files::isRegularFile).flatMap(VocabularyTests::retiredWords).toList();
			assertThat(found).isEmpty();
		}
	}

	private static Stream<String> retiredWords(Path file) {
		try {
			return Files.readAllLines(file)
				.stream()
				.filter((line) -> RETIRED.matcher(line).find())
				.map((line) -> file + ": " + line.strip());
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

}
