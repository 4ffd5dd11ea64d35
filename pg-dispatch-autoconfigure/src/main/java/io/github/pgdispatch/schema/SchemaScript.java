package io.github.pgdispatch.schema;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A step on the way to the newest schema. (Knows the JDK only, for
 * {@link SchemaScriptPrinter} runs without a class path.)
 *
 * @param version that the schema has after it
 * @param file beside this class
 */
record SchemaScript(SchemaVersion version, String file) {

	String sql() {
		try (InputStream script = SchemaScript.class.getResourceAsStream(this.file)) {
			if (script == null) {
				throw new FileNotFoundException(this.file);
			}
			return new String(script.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
