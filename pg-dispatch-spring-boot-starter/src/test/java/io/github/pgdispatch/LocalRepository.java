package io.github.pgdispatch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/**
 * A local Maven repository with the artifacts of this build, and otherwise that of the
 * Maven that runs it: what is there is not downloaded again, and what is downloaded is
 * there for the next build. Only the group of this build is apart, so that none of its
 * artifacts gets there or comes from there. ({@code maven.repo.local.tail} would do, from
 * Maven 3.9 on.)
 *
 * @param directory of the repository
 */
record LocalRepository(Path directory) {

	private static final Path GROUP = Path.of("io", "github", "pgdispatch");

	static LocalRepository create(Path directory, Path outer) throws IOException {
		FileSystemUtils.deleteRecursively(directory);
		Path parent = Path.of("");
		for (Path name : GROUP) {
			Files.createDirectories(directory.resolve(parent));
			linkAllBut(name, outer.resolve(parent), directory.resolve(parent));
			parent = parent.resolve(name);
		}
		return new LocalRepository(directory);
	}

	void install(String artifact, String version, String type, Path file) throws IOException {
		Path parent = this.directory.resolve(GROUP).resolve(artifact).resolve(version);
		Files.createDirectories(parent);
		Files.copy(file, parent.resolve(artifact + "-" + version + "." + type));
	}

	private static void linkAllBut(Path name, Path from, Path to) throws IOException {
		if (!Files.isDirectory(from)) {
			return;
		}
		try (Stream<Path> entries = Files.list(from)) {
			for (Path entry : (Iterable<Path>) entries::iterator) {
				if (!entry.getFileName().equals(name)) {
					Files.createSymbolicLink(to.resolve(entry.getFileName()), entry);
				}
			}
		}
	}

}
