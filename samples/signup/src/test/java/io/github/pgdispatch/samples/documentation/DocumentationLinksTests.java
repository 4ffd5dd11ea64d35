package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
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
			.map((page) -> index.path().getParent().relativize(page.path()).toString())
			.toList());
	}

	/**
	 * Of all files that are not in docs, too.
	 */
	@Test
	void everyPageIsFoundFromTheReadme() {
		Set<Path> found = new LinkedHashSet<>(Set.of(Path.of("README.md")));
		Deque<Path> next = new ArrayDeque<>(found);
		while (!next.isEmpty()) {
			Page page = Repository.page(next.remove().toString());
			page.links()
				.stream()
				.map((link) -> link.split("#")[0])
				.filter((file) -> file.endsWith(".md") && !file.contains("://"))
				.map((file) -> page.path().resolveSibling(file).normalize())
				.filter(found::add)
				.forEach(next::add);
		}
		assertThat(found).containsAll(Repository.pages().map(Page::path).toList());
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksToOthersAreEncrypted(Page page) {
		assertThat(page.links()).noneMatch((link) -> link.startsWith("http://"));
	}

	/**
	 * A link without its target is shown as it is.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void noLinkHasItsTargetElsewhere(Page page) {
		assertThat(page.prose().replaceAll("`[^`]*`", "")).doesNotContainPattern("]\\s*\\[|(?m)^\\[[^]]+]:");
	}

	/**
	 * Messages and comments name pages by their paths.
	 */
	@Test
	void pagesThatOtherFilesNameAreThere() {
		Pattern name = Pattern.compile("(?<![\\w/.])((?:docs|samples)/[\\w./-]+\\.md)(?:#([\\w-]+))?");
		assertThat(Repository.sourcesOfAllLanguages().flatMap((text) -> name.matcher(text).results())).isNotEmpty()
			.allSatisfy((page) -> {
				assertThat(Repository.exists(Path.of(page.group(1)))).as(page.group()).isTrue();
				if (page.group(2) != null) {
					assertThat(Repository.page(page.group(1)).anchors()).contains(page.group(2));
				}
			});
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
