package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.springframework.core.io.ClassPathResource;

/**
 * The extension as the build has made it.
 */
public final class ExtensionFiles {

	private static final Path DIRECTORY = Path.of("target", "extension");

	private static final String CONTROL = "pg_dispatch.control";

	private ExtensionFiles() {
	}

	/**
	 * Returns what PostgreSQL's folder of extensions is to hold.
	 * @return the control file and the scripts, by name
	 */
	public static Map<String, String> all() {
		Map<String, String> files = scripts();
		files.put(CONTROL, control());
		return files;
	}

	public static String control() {
		return read(DIRECTORY.resolve(CONTROL));
	}

	/**
	 * Returns what creates and updates the extension.
	 * @return the scripts by name
	 */
	public static Map<String, String> scripts() {
		Map<String, String> scripts = new TreeMap<>();
		try (Stream<Path> files = Files.list(DIRECTORY)) {
			files.filter((file) -> file.getFileName().toString().matches("pg_dispatch--.*\\.sql"))
				.forEach((file) -> scripts.put(file.getFileName().toString(), read(file)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Maven makes the extension in the phase process-resources", ex);
		}
		return scripts;
	}

	/**
	 * Returns what makes the extension known to pg_tle.
	 * @return the script
	 */
	public static String pgTleScript() {
		return read(DIRECTORY.resolve("pgtle.sql"));
	}

	/**
	 * Returns what stands in for pg_dispatch 0.1.5.
	 * @return its script
	 */
	public static String predecessor() {
		try {
			return new ClassPathResource("predecessor.sql", ExtensionFiles.class)
				.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
