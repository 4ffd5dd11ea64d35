package io.github.pgdispatch.samples.documentation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The files of this repository.
 */
final class Repository {

	/**
	 * As the tests of a module run in its directory.
	 */
	static final Path ROOT = Path.of("..", "..");

	private Repository() {
	}

	/**
	 * All pages: those in the root, those in docs, and those of the samples. What the
	 * forge fills in is no page.
	 */
	static Stream<Page> pages() {
		return files(ROOT, (path) -> path.endsWith(".md") && !path.startsWith(".github"))
			.map((path) -> new Page(path, read(path)));
	}

	/**
	 * What the forge reads: workflows, forms for issues, and the like.
	 */
	static Stream<Path> forgeFiles() {
		return files(ROOT, (path) -> path.startsWith(".github") && path.endsWith(".yml"));
	}

	static Page page(String path) {
		return new Page(Path.of(path), read(Path.of(path)));
	}

	/**
	 * The Java sources that a build compiles.
	 */
	static List<String> sources() {
		return files(ROOT, (path) -> path.endsWith(".java")).map(Repository::read).toList();
	}

	/**
	 * What is no page: sources, scripts, and what configures.
	 */
	static Stream<String> sourcesOfAllLanguages() {
		return files(ROOT, (path) -> path.matches(".*\\.(java|sql|xml|ya?ml|json|js|mjs|html|properties|control|sh)"))
			.map(Repository::read);
	}

	/**
	 * The files in a directory, from the root of the repository.
	 */
	static Stream<Path> files(Path directory) {
		return files(ROOT.resolve(directory), (path) -> Files.isRegularFile(ROOT.resolve(path)));
	}

	static boolean exists(Path path) {
		return Files.exists(ROOT.resolve(path));
	}

	static String read(Path path) {
		try {
			return Files.readString(ROOT.resolve(path));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Stream<Path> files(Path root, Predicate<String> name) {
		try (Stream<Path> files = Files.walk(root)) {
			return files.map(ROOT::relativize)
				.filter((path) -> name.test(path.toString()))
				.filter((path) -> Stream.of(path.toString().split("[/\\\\]"))
					.noneMatch((part) -> part.equals("target") || (part.startsWith(".") && !part.equals(".github"))))
				.sorted()
				.toList()
				.stream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
