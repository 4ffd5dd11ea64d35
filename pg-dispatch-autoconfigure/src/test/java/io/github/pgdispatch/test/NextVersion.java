package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/**
 * A version of the schema after the newest one, made as a developer makes one: a line in
 * the list of versions, and a file with what is to be changed. The build's own program
 * makes the scripts of it.
 */
public final class NextVersion {

	/**
	 * Its name.
	 */
	public static final String NAME = TestDatabase.SCHEMA_VERSION.replaceFirst("\\..*", ".1000.0");

	private static final String UPDATE = """
			ALTER TABLE pgdispatch.job ADD COLUMN note text;
			COMMENT ON COLUMN pgdispatch.job.note IS 'Something that only the next version knows.';
			ALTER TABLE pgdispatch.handler_job ADD COLUMN note text;
			COMMENT ON COLUMN pgdispatch.handler_job.note IS 'Something that only the next version knows.';
			""";

	private final Path directory;

	private NextVersion(Path directory) {
		this.directory = directory;
	}

	/**
	 * Returns the version, whose scripts are made once in each virtual machine: that
	 * takes seconds.
	 * @return the version
	 */
	public static NextVersion get() {
		return Holder.VERSION;
	}

	private static NextVersion make() {
		try {
			Path directory = Files.createTempDirectory("pg-dispatch-next-version-");
			Runtime.getRuntime()
				.addShutdownHook(new Thread(() -> FileSystemUtils.deleteRecursively(directory.toFile())));
			return make(directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static NextVersion make(Path directory) throws IOException {
		Path sources = directory.resolve("sql");
		copy(Path.of("src", "main", "sql"), sources);
		Files.writeString(sources.resolve("versions.txt"), NAME + "\n", StandardOpenOption.APPEND);
		Files.createDirectories(sources.resolve("update"));
		Files.writeString(sources.resolve("update").resolve(TestDatabase.SCHEMA_VERSION + "--" + NAME + ".sql"),
				UPDATE);
		Files.writeString(sources.resolve("install").resolve("tables.sql"), UPDATE, StandardOpenOption.APPEND);
		NextVersion version = new NextVersion(directory);
		build(sources, version.resources(), version.extension());
		return version;
	}

	private static void copy(Path from, Path to) throws IOException {
		try (Stream<Path> files = Files.walk(from)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				Files.copy(file, to.resolve(from.relativize(file).toString()));
			}
		}
	}

	/**
	 * Runs the program that makes the scripts.
	 * @param sources the folder that takes the place of {@code src/main/sql}
	 * @param resources the folder for what the library has of it
	 * @param extension the folder for the extension
	 */
	public static void build(Path sources, Path resources, Path extension) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"src/build/java/SchemaBuild.java", sources.toString(), resources.toString(), extension.toString());
		Process process = builder.redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		try {
			if (process.waitFor() != 0) {
				throw new IllegalStateException(output);
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Path resources() {
		return this.directory.resolve("resources").resolve("io/github/pgdispatch/schema");
	}

	private Path extension() {
		return this.directory.resolve("extension");
	}

	/**
	 * Returns what finds the scripts and the list of versions, and nothing else.
	 * @return a loader
	 */
	public ClassLoader loader() {
		try {
			return new URLClassLoader(new URL[] { this.directory.resolve("resources").toUri().toURL() }, null);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns the location of the changelog for Liquibase.
	 * @return a URL
	 */
	public String changelog() {
		return resources().resolve("changelog.xml").toUri().toString();
	}

	/**
	 * Returns the script that updates the schema to this version.
	 * @return the script
	 */
	public String updateScript() {
		return read(resources().resolve("pg_dispatch--" + TestDatabase.SCHEMA_VERSION + "--" + NAME + ".sql"));
	}

	/**
	 * Returns the script that installs this version.
	 * @return the script
	 */
	public String installScript() {
		return read(resources().resolve("pg_dispatch--" + NAME + ".sql"));
	}

	/**
	 * Returns the files of the extension, under another name: the server's folder of
	 * extensions belongs to other tests as well.
	 * @param name of the extension
	 * @return the files of this version and of the one before, by name
	 */
	public Map<String, String> extensionFiles(String name) {
		Map<String, String> files = new TreeMap<>();
		ExtensionFiles.scripts().forEach((file, script) -> files.put(file.replace("pg_dispatch", name), script));
		try (Stream<Path> paths = Files.list(extension())) {
			paths.forEach((path) -> files.put(path.getFileName().toString().replace("pg_dispatch", name), read(path)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return files;
	}

	/**
	 * Returns what makes the extension known to pg_tle.
	 * @return the script
	 */
	public String pgTleScript() {
		return read(extension().resolve("pgtle.sql"));
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static final class Holder {

		static final NextVersion VERSION = make();

	}

}
