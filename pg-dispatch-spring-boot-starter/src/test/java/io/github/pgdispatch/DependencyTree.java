package io.github.pgdispatch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code dependency:tree} has written: a line for each dependency, indented by three
 * characters for each level.
 *
 * @param lines below the one of the project
 */
record DependencyTree(List<String> lines) {

	private static final int INDENT = 3;

	static DependencyTree read(Path file) throws IOException {
		return new DependencyTree(Files.readAllLines(file).stream().skip(1).toList());
	}

	/**
	 * The artifacts that the project itself depends on.
	 */
	List<String> roots() {
		return this.lines.stream().filter((line) -> level(line) == 1).map(DependencyTree::artifact).toList();
	}

	private static int level(String line) {
		return line.replaceFirst("[a-zA-Z].*", "").length() / INDENT;
	}

	private static String artifact(String line) {
		return line.split(":")[1];
	}

}
