package io.github.pgdispatch.test;

import java.util.Optional;

/**
 * A place in which the programs of a PostgreSQL with pg_cron can be run.
 */
public interface PgCronHost extends AutoCloseable {

	/**
	 * The version of PostgreSQL. A container may have another one; the packages of Debian
	 * have only this one.
	 */
	int MAJOR = Integer.getInteger("pg-cron.postgresql.major", 17);

	/**
	 * Runs a command as an unprivileged user, and waits for it.
	 * @param command the program, which is one of PostgreSQL's or has a path, and its
	 * arguments
	 * @return what it has printed
	 * @throws IllegalStateException if it failed, with what it has printed
	 */
	String run(String... command);

	/**
	 * Reserves a port for a server.
	 * @return the port that it is to listen on, on all addresses of the place
	 */
	int reservePort();

	/**
	 * Where a port of the place is reached from here.
	 * @param port one that was reserved
	 * @return a port of localhost
	 */
	int reachablePort(int port);

	/**
	 * Creates a directory that is not there when all tests have ended.
	 * @return its path in this place
	 */
	String createDirectory();

	/**
	 * Creates such a directory for what need not be on a disk.
	 * @return its path in this place
	 */
	default String createDirectoryInMemory() {
		return createDirectory();
	}

	/**
	 * Writes a file.
	 * @param path of the file in this place
	 * @param content of the file
	 */
	void write(String path, String content);

	/**
	 * Finds a place here.
	 * @return a place, which is to be closed, if there is any
	 */
	static Optional<PgCronHost> find() {
		if (ContainerHost.isAvailable()) {
			return Optional.of(new ContainerHost());
		}
		return DebianPackages.areAvailable() ? Optional.of(new DebianHost()) : Optional.empty();
	}

	@Override
	void close();

}
