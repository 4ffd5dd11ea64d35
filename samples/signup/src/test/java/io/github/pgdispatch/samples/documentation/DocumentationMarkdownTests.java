package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the Markdown of the pages is written in one way, so that every forge and
 * every editor shows the same.
 */
class DocumentationMarkdownTests {

	private static final int MAX_LENGTH = 130;

	/**
	 * A record of what was measured, in which a row of a table and the text beside it are
	 * as long as they are.
	 */
	private static final Set<Path> OF_ANY_LENGTH = Set.of(Path.of("samples", "benchmark", "profile.md"));

	private static final Pattern HEADING = Pattern.compile("(#+) .*\\S");

	private static final Pattern LIST_ITEM = Pattern.compile(" *([-*+]|[0-9]+\\.) .*");

	static Stream<Page> pages() {
		return Repository.pages();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void firstLineIsTheOnlyHeadingOfTheFirstLevel(Page page) {
		assertThat(page.text()).startsWith("# ");
		assertThat(levels(page).filter((level) -> level == 1)).hasSize(1);
	}

	@ParameterizedTest
	@MethodSource("pages")
	void headingsLeaveNoLevelOut(Page page) {
		List<Integer> levels = levels(page).toList();
		assertThat(IntStream.range(1, levels.size()).filter((i) -> levels.get(i) > levels.get(i - 1) + 1)).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void headingsDiffer(Page page) {
		assertThat(page.prose().lines().filter((line) -> HEADING.matcher(line).matches())).doesNotHaveDuplicates();
	}

	/**
	 * Rows of tables cannot be broken.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void linesAreNotTooLong(Page page) {
		assertThat(lines(page, (line) -> line.length() > MAX_LENGTH && !isRow(line) && line.strip().contains(" ")
				&& !OF_ANY_LENGTH.contains(page.path())))
			.isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void noSpaceIsLeftOver(Page page) {
		assertThat(lines(page, (line) -> !line.equals(line.stripTrailing()) || line.contains("\t"))).isEmpty();
		assertThat(page.text()).endsWith("\n").doesNotEndWith("\n\n");
		assertThat(neighbours(page, (line, next) -> line.isBlank() && next.isBlank())).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void headingsStandAlone(Page page) {
		Predicate<String> heading = HEADING.asMatchPredicate();
		assertThat(neighbours(page, (line, next) -> heading.test(line) && !next.isBlank())).isEmpty();
		assertThat(neighbours(page, (line, next) -> heading.test(next) && !line.isBlank())).isEmpty();
	}

	/**
	 * A table or a list that follows a line of text is read as part of it by some.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void tablesAndListsBeginAfterAnEmptyLine(Page page) {
		assertThat(neighbours(page, (line, next) -> isRow(next) && !isRow(line) && !line.isBlank())).isEmpty();
		assertThat(neighbours(page, (line, next) -> isRow(line) && !isRow(next) && !next.isBlank())).isEmpty();
		assertThat(neighbours(page, (line, next) -> LIST_ITEM.matcher(next).matches() && !next.startsWith(" ")
				&& !line.isBlank() && !line.startsWith(" ") && !LIST_ITEM.matcher(line).matches()))
			.isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void rowsOfATableHaveTheSameNumberOfCells(Page page) {
		assertThat(neighbours(page, (line, next) -> isRow(line) && isRow(next) && cells(line) != cells(next)))
			.isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void blocksOfCodeSayTheirLanguage(Page page) {
		assertThat(page.blocks()).extracting(CodeBlock::language).allMatch((language) -> language.matches("[a-z]+"));
	}

	private static Stream<Integer> levels(Page page) {
		return page.prose()
			.lines()
			.map(HEADING::matcher)
			.filter((heading) -> heading.matches())
			.map((heading) -> heading.group(1).length());
	}

	private static boolean isRow(String line) {
		return line.strip().startsWith("|");
	}

	private static long cells(String row) {
		return row.replaceAll("`[^`]*`", "").replace("\\|", "").chars().filter((character) -> character == '|').count();
	}

	private static List<String> lines(Page page, Predicate<String> isWrong) {
		return page.prose().lines().filter(isWrong).toList();
	}

	private static List<String> neighbours(Page page, BiPredicate<String, String> areWrong) {
		List<String> lines = page.proseWithPlacesOfCode().lines().toList();
		List<String> wrong = new ArrayList<>();
		for (int i = 1; i < lines.size(); i++) {
			if (areWrong.test(lines.get(i - 1), lines.get(i))) {
				wrong.add(lines.get(i - 1) + "\n" + lines.get(i));
			}
		}
		return wrong;
	}

}
