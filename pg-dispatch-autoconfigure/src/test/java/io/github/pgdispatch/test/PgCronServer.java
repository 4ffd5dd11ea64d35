package io.github.pgdispatch.test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A PostgreSQL server with pg_cron, which is in its database {@code test}. The superuser
 * {@code postgres} and a role {@code app} that may use pg_cron and create schemas can log
 * in, without a password.
 */
public final class PgCronServer implements AutoCloseable {

	static final String DATABASE = "test";

	private static final String FLUSHING = "fsync=on";

	private final PgCronHost host;

	private final String directory;

	private int port;

	private boolean closed;

	private PgCronServer(PgCronHost host, String... settings) {
		this.host = host;
		this.directory = List.of(settings).contains(FLUSHING) ? host.createDirectory() : host.createDirectoryInMemory();
		this.port = host.reservePort();
	}

	/**
	 * Starts a server.
	 * @param host where it is to run
	 * @param settings of its configuration, such as {@code fsync=on}
	 * @return the server, which is to be closed
	 */
	public static PgCronServer start(PgCronHost host, String... settings) {
		PgCronServer server = new PgCronServer(host, settings);
		host.run("initdb", "-D", server.directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
				"--no-sync");
		host.write(server.directory + "/pg_hba.conf", """
				host all all all trust
				host replication all all trust
				""");
		List<String> all = new ArrayList<>(List.of("shared_preload_libraries=pg_cron", "cron.database_name=" + DATABASE,
				"cron.host=127.0.0.1", "cron.log_statement=off", "listen_addresses=*", "unix_socket_directories=",
				"port=" + server.port, "fsync=off", "max_connections=200", "max_prepared_transactions=10",
				"dynamic_shared_memory_type=mmap"));
		all.addAll(Arrays.asList(settings));
		server.configure(all.toArray(String[]::new));
		server.startAgain();
		JdbcClient postgres = new TestDatabase(server.reachablePort(), "postgres").jdbc("postgres");
		postgres.sql("CREATE DATABASE " + DATABASE).update();
		postgres.sql("CREATE ROLE app LOGIN").update();
		postgres.sql("GRANT ALL ON DATABASE " + DATABASE + " TO app").update();
		JdbcClient jdbc = server.database().jdbc("postgres");
		jdbc.sql("GRANT ALL ON SCHEMA public TO app").update();
		jdbc.sql("CREATE EXTENSION pg_cron").update();
		jdbc.sql("GRANT USAGE ON SCHEMA cron TO app").update();
		return server;
	}

	/**
	 * Starts a server that has what this one has, which is stopped. It takes it for its
	 * own: to tell one from the other, initialize each of them by itself.
	 * @param settings of its configuration, beside those of this server
	 * @return the copy, which is to be closed
	 */
	PgCronServer startCopy(String... settings) {
		PgCronServer copy = new PgCronServer(this.host, settings);
		this.host.run("/bin/cp", "-a", this.directory + "/.", copy.directory);
		List<String> all = new ArrayList<>(List.of("port=" + copy.port));
		all.addAll(Arrays.asList(settings));
		copy.configure(all.toArray(String[]::new));
		copy.startAgain();
		return copy;
	}

	/**
	 * Configures what is to hold from its next start on.
	 * @param settings such as {@code fsync=on}
	 */
	public void configure(String... settings) {
		StringBuilder file = new StringBuilder();
		for (String setting : settings) {
			String[] nameAndValue = setting.split("=", 2);
			file.append("%s = '%s'%n".formatted(nameAndValue[0], nameAndValue[1]));
		}
		String path = this.directory + "/postgresql.conf";
		this.host.write(path, this.host.run("/bin/cat", path) + file);
	}

	/**
	 * Says who may log in how, from now on.
	 * @param lines of pg_hba.conf
	 */
	public void authenticate(String... lines) {
		this.host.write(this.directory + "/pg_hba.conf", String.join("\n", lines) + "\n");
		this.host.run("pg_ctl", "reload", "-D", this.directory);
	}

	public TestDatabase database() {
		return new TestDatabase(reachablePort(), DATABASE);
	}

	/**
	 * The port in its place.
	 */
	int port() {
		return this.port;
	}

	public int reachablePort() {
		return this.host.reachablePort(this.port);
	}

	/**
	 * Stops the server as a power failure would.
	 */
	public void stopImmediately() {
		this.host.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", this.directory);
	}

	public void stop() {
		this.host.run("pg_ctl", "stop", "-w", "-m", "fast", "-D", this.directory);
	}

	public void startAgain() {
		this.host.run("pg_ctl", "start", "-w", "-D", this.directory, "-l", this.directory + "/log");
	}

	/**
	 * Starts a standby that follows this server.
	 * @return the standby, which is to be closed
	 */
	public PgCronServer standby() {
		PgCronServer standby = new PgCronServer(this.host, FLUSHING);
		this.host.run("pg_basebackup", "-D", standby.directory, "-R", "-c", "fast", "-h", "127.0.0.1", "-p",
				Integer.toString(this.port), "-U", "postgres");
		standby.configure("port=" + standby.port);
		standby.startAgain();
		return standby;
	}

	/**
	 * Takes the place of another server, which is stopped as by a power failure: this one
	 * is reached where that was, to which pg_cron connects.
	 * @param failed that this standby has followed
	 */
	public void takeOver(PgCronServer failed) {
		failed.stopImmediately();
		stop();
		this.port = failed.port;
		configure("port=" + this.port);
		startAgain();
		promote();
	}

	public void promote() {
		this.host.run("pg_ctl", "promote", "-w", "-D", this.directory);
	}

	/**
	 * Runs one of PostgreSQL's client programs with this server.
	 * @param program such as {@code pg_dump}
	 * @param arguments without the server's address
	 * @return what it has printed
	 */
	public String run(String program, String... arguments) {
		List<String> command = new ArrayList<>(
				List.of(program, "-h", "127.0.0.1", "-p", Integer.toString(this.port), "-U", "postgres"));
		command.addAll(Arrays.asList(arguments));
		return this.host.run(command.toArray(String[]::new));
	}

	/**
	 * Writes a file where the client programs find it.
	 * @param name of the file
	 * @param content of the file
	 * @return its path for them
	 */
	public String write(String name, String content) {
		String path = this.directory + "/" + name;
		this.host.write(path, content);
		return path;
	}

	/**
	 * Makes an extension available, to all servers.
	 * @param files the control file and the scripts, by name
	 */
	public void installExtension(Map<String, String> files) {
		files.forEach((name, content) -> this.host
			.write("/usr/share/postgresql/%d/extension/%s".formatted(PgCronHost.MAJOR, name), content));
	}

	public String log() {
		return this.host.run("/bin/cat", this.directory + "/log");
	}

	/**
	 * Stops the server if it runs, and removes what it had.
	 */
	@Override
	public void close() {
		if (this.closed) {
			return;
		}
		if (this.host.run("/bin/ls", this.directory).contains("postmaster.pid")) {
			stopImmediately();
		}
		this.host.run("/bin/rm", "-rf", this.directory);
		this.closed = true;
	}

}
