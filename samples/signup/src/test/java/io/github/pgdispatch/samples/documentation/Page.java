package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A page of the documentation, in Markdown.
 *
 * @param path of the file, from the root of the repository
 * @param text that it has
 */
record Page(Path path, String text) {

	private static final String FENCE = "```";

	/**
	 * Of a link or of an image, also of an image within a link.
	 */
	private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

	private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");

	/**
	 * The blocks of code, in their order.
	 */
	List<CodeBlock> blocks() {
		List<CodeBlock> blocks = new ArrayList<>();
		List<String> lines = this.text.lines().toList();
		for (int i = 0; i < lines.size(); i++) {
			if (lines.get(i).strip().startsWith(FENCE)) {
				int begin = i;
				StringBuilder code = new StringBuilder();
				for (i++; !lines.get(i).strip().equals(FENCE); i++) {
					code.append(lines.get(i)).append('\n');
				}
				blocks.add(new CodeBlock(this.path, begin + 1, lines.get(begin).strip().substring(FENCE.length()),
						code.toString()));
			}
		}
		return blocks;
	}

	List<CodeBlock> blocks(String language) {
		return blocks().stream().filter((block) -> block.language().equals(language)).toList();
	}

	/**
	 * Where its links lead, and where its images are.
	 */
	List<String> links() {
		return LINK.matcher(prose()).results().map((link) -> link.group(1)).toList();
	}

	/**
	 * By what its headings can be linked, as forges make it of their text.
	 */
	Set<String> anchors() {
		Set<String> anchors = new LinkedHashSet<>();
		Map<String, Integer> seen = new HashMap<>();
		prose().lines()
			.map(HEADING::matcher)
			.filter((heading) -> heading.matches())
			.map((heading) -> anchor(heading.group(1)))
			.forEach((anchor) -> {
				int times = seen.merge(anchor, 1, Integer::sum);
				anchors.add((times == 1) ? anchor : anchor + "-" + (times - 1));
			});
		return anchors;
	}

	private static String anchor(String heading) {
		return heading.toLowerCase(Locale.ROOT).strip().replaceAll("[^\\p{L}\\p{N}\\-_ ]", "").replace(' ', '-');
	}

	/**
	 * The text without its code.
	 */
	String prose() {
		return prose("");
	}

	/**
	 * The text with a line of fences in the place of each block of code.
	 */
	String proseWithPlacesOfCode() {
		return prose(FENCE + FENCE + "\n");
	}

	private String prose(String inPlaceOfCode) {
		StringBuilder prose = new StringBuilder();
		boolean code = false;
		for (String line : this.text.lines().toList()) {
			if (line.strip().startsWith(FENCE)) {
				code = !code;
				prose.append(code ? inPlaceOfCode : "");
			}
			else if (!code) {
				prose.append(line).append('\n');
			}
		}
		return prose.toString();
	}

	@Override
	public String toString() {
		return this.path.toString();
	}

}
