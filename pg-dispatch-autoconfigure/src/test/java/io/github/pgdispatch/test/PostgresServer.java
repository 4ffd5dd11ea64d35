package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL server of the tests' own. Roles are shared by its databases.
 */
public final class PostgresServer implements AutoCloseable {

	private final Path directory;

	private final EmbeddedPostgres.Builder builder;

	private EmbeddedPostgres server;

	private PostgresServer(Path directory, EmbeddedPostgres.Builder builder) throws IOException {
		this.directory = directory;
		this.builder = builder;
		this.server = builder.start();
	}

	/**
	 * Starts a server.
	 * @param settings of its configuration, such as {@code fsync=on}
	 * @return the server, which is to be closed
	 */
	public static PostgresServer start(String... settings) {
		try {
			Path directory = ServerDirectory.create(settings);
			InitializedCluster.copyTo(directory);
			EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
				.setDataDirectory(directory)
				.setCleanDataDirectory(false)
				.setPort(Ports.reserve())
				.setServerConfig("max_connections", "200")
				.setServerConfig("max_prepared_transactions", "10");
			for (String setting : settings) {
				String[] nameAndValue = setting.split("=", 2);
				builder.setServerConfig(nameAndValue[0], nameAndValue[1]);
			}
			return new PostgresServer(directory, builder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Stops the server, which keeps its data and its port.
	 */
	public void stop() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts the server again.
	 */
	public void startAgain() {
		try {
			this.server = this.builder.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Creates an empty database, in which the superuser {@code postgres} and a role
	 * {@code app} that may create schemas can log in, without a password.
	 * @return the database
	 */
	public TestDatabase createDatabase() {
		return TestDatabase.create(this.server.getPort());
	}

	/**
	 * The server may still be deleting files of its own.
	 */
	private void deleteDirectory() throws IOException {
		try {
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (NoSuchFileException ex) {
			FileSystemUtils.deleteRecursively(this.directory);
		}
	}

	/**
	 * Stops the server, and removes what it had.
	 */
	@Override
	public void close() {
		stop();
		try {
			deleteDirectory();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
