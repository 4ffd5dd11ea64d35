package io.github.pgdispatch.schema;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A file that the build has made for the schema. (Knows the JDK only, as
 * {@link SchemaScriptPrinter} runs without a class path.)
 *
 * @param loader that finds the file
 * @param file name of the file
 */
record SchemaScript(ClassLoader loader, String file) {

	private static final String FOLDER = "io/github/pgdispatch/schema/";

	String sql() {
		try (InputStream content = this.loader.getResourceAsStream(FOLDER + this.file)) {
			if (content == null) {
				throw new FileNotFoundException(FOLDER + this.file);
			}
			return new String(content.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	List<String> lines() {
		return sql().lines().toList();
	}

}
