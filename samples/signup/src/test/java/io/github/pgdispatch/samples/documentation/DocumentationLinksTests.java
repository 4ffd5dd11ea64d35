package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the links within the documentation lead somewhere.
 */
class DocumentationLinksTests {

	static Stream<Page> pages() {
		return Repository.pages();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksLeadToFilesAndHeadings(Page page) {
		assertThat(page.links()).filteredOn((link) -> !link.contains("://"))
			.allSatisfy((link) -> assertLeadsSomewhere(page, link));
	}

	private static void assertLeadsSomewhere(Page page, String link) {
		String[] parts = link.split("#", 2);
		Path target = parts[0].isEmpty() ? page.path() : page.path().resolveSibling(parts[0]).normalize();
		assertThat(Repository.exists(target)).as("%s links to %s", page, link).isTrue();
		if (parts.length == 2) {
			assertThat(Repository.page(target.toString()).anchors()).as("%s links to %s", page, link)
				.contains(parts[1]);
		}
	}

	@Test
	void everyPageInDocsIsInItsIndex() {
		Page index = Repository.page("docs/README.md");
		assertThat(index.links()).containsAll(Repository.pages()
			.filter((page) -> page.path().startsWith("docs") && !page.path().equals(index.path()))
			.map((page) -> page.path().getFileName().toString())
			.toList());
	}

	/**
	 * A contents list that leaves something out misleads.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void contentsListsAreComplete(Page page) {
		List<String> contents = page.text()
			.lines()
			.filter((line) -> line.matches("- \\[[^]]+]\\(#[^)]+\\)"))
			.map((line) -> line.replaceAll(".*\\(#|\\)", ""))
			.toList();
		List<String> sections = page.text()
			.lines()
			.filter((line) -> line.startsWith("## "))
			.map((line) -> new Page(page.path(), line).anchors().iterator().next())
			.toList();
		assertThat(contents).satisfiesAnyOf((list) -> assertThat(list).isEmpty(),
				(list) -> assertThat(list).isEqualTo(sections));
	}

}
