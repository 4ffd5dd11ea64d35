package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;

/**
 * Code on a page.
 *
 * @param page that has it
 * @param line of the page at which it begins
 * @param language that the page says it is in; empty if it says none
 * @param code the code
 */
record CodeBlock(Path page, int line, String language, String code) {

	/**
	 * Whether it is part of a text, whatever white space there is.
	 */
	boolean isPartOf(String text) {
		return withoutSpace(text).contains(withoutSpace(this.code));
	}

	static String withoutSpace(String text) {
		return text.replaceAll("\\s+", "");
	}

	@Override
	public String toString() {
		return this.page + ":" + this.line + " (" + this.language + ")\n" + this.code;
	}

}
