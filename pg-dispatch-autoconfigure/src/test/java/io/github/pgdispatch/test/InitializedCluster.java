package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.util.FileSystemUtils;

/**
 * The directory of a server that was initialized and has stopped, once in each virtual
 * machine. To copy it takes a tenth of the time that it takes to initialize another one.
 * It has the role {@code app} and the templates of what roles install.
 */
final class InitializedCluster {

	private InitializedCluster() {
	}

	/**
	 * Copies the directory.
	 * @param directory which is empty
	 */
	static void copyTo(Path directory) throws IOException {
		FileSystemUtils.copyRecursively(Holder.DIRECTORY, directory);
	}

	private static Path initialize() {
		try {
			Path directory = ServerDirectory.create("fsync=off");
			Runtime.getRuntime()
				.addShutdownHook(new Thread(() -> FileSystemUtils.deleteRecursively(directory.toFile())));
			try (EmbeddedPostgres server = EmbeddedPostgres.builder()
				.setDataDirectory(directory)
				.setCleanDataDirectory(false)
				.setPort(Ports.reserve())
				.start()) {
				JdbcClient.create(server.getPostgresDatabase()).sql("CREATE ROLE app LOGIN").update();
				InstalledTemplate.of(server.getPort(), "app").create();
				InstalledTemplate.of(server.getPort(), "postgres").create();
			}
			return directory;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static final class Holder {

		static final Path DIRECTORY = initialize();

	}

}
