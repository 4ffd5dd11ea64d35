package io.github.pgdispatch.schema;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.pgdispatch.test.NextVersion;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Once a version of the schema is released, the build fails rather than make other
 * scripts of it.
 */
class ReleasedSchemaTests {

	private static final String SCRIPT = "pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql";

	@TempDir
	private Path directory;

	private Path sources;

	@BeforeEach
	void release() throws IOException, NoSuchAlgorithmException {
		this.sources = this.directory.resolve("sql");
		FileSystemUtils.copyRecursively(Path.of("src", "main", "sql"), this.sources);
		String script = TestDatabase.script();
		Files.createDirectories(this.sources.resolve("released"));
		Files.writeString(this.sources.resolve("released").resolve(SCRIPT), script);
		byte[] checksum = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
		Files.writeString(this.sources.resolve("versions.txt"),
				TestDatabase.SCHEMA_VERSION + " " + HexFormat.of().formatHex(checksum) + "\n");
	}

	@Test
	void releasedVersionIsBuiltAgain() throws IOException {
		build();
		assertThat(this.directory.resolve("resources").resolve(SCRIPT)).hasContent(TestDatabase.script());
	}

	@Test
	void changedScriptOfAReleasedVersionIsRefused() throws IOException {
		append("released/" + SCRIPT);
		assertThatIllegalStateException().isThrownBy(this::build)
			.withMessageContaining("released/" + SCRIPT + " is not what was released")
			.withMessageContaining("Restore the file");
	}

	@Test
	void changedSchemaOfAReleasedVersionIsRefused() throws IOException {
		append("dispatch.sql");
		assertThatIllegalStateException().isThrownBy(this::build)
			.withMessageContaining("The schema was changed after " + SCRIPT + " was released")
			.withMessageContaining("add a version: a line in versions.txt, and the file update/"
					+ TestDatabase.SCHEMA_VERSION + "--<new version>.sql");
	}

	@Test
	void changedSchemaWithANewVersionIsBuilt() throws IOException {
		append("dispatch.sql");
		Files.writeString(this.sources.resolve("versions.txt"), NextVersion.NAME + "\n", StandardOpenOption.APPEND);
		Files.createDirectories(this.sources.resolve("update"));
		String update = TestDatabase.SCHEMA_VERSION + "--" + NextVersion.NAME + ".sql";
		Files.writeString(this.sources.resolve("update").resolve(update), "-- Nothing but functions.\n");
		build();
		assertThat(this.directory.resolve("resources").resolve("pg_dispatch--" + update)).content()
			.contains("-- One more line.");
	}

	private void append(String file) throws IOException {
		Files.writeString(this.sources.resolve(file), "\n-- One more line.\n", StandardOpenOption.APPEND);
	}

	private void build() throws IOException {
		NextVersion.build(this.sources, this.directory.resolve("resources"), this.directory.resolve("extension"));
	}

}
