package io.github.pgdispatch.schema;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SchemaScriptPrinter}.
 */
class SchemaScriptPrinterTests {

	@Test
	void printsTheScriptWithNothingElseOnTheClassPath() throws Exception {
		Path classes = Path.of(SchemaScriptPrinter.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Dfile.encoding=US-ASCII", "-cp", classes.toString(), SchemaScriptPrinter.class.getName())
			.redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
		String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).isZero();
		assertThat(printed).isEqualTo(TestDatabase.script());
	}

}
