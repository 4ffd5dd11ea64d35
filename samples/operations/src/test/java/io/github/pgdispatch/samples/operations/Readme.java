package io.github.pgdispatch.samples.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The page of this sample, whose configuration the tests use.
 */
final class Readme {

	private Readme() {
	}

	/**
	 * Returns the first block of a language.
	 */
	static String block(String language) throws IOException {
		String page = Files.readString(Path.of("README.md"));
		String fence = "```";
		int begin = page.indexOf(fence + language + "\n") + fence.length() + language.length() + 1;
		return page.substring(begin, page.indexOf(fence, begin));
	}

}
