package io.github.pgdispatch.test;

/**
 * A connection pooler before a server. If it pools transactions, it gives a session to
 * each transaction: what a session has beyond that is another's then.
 */
public final class PgBouncer implements AutoCloseable {

	private final PgCronHost host;

	private final int port;

	private boolean closed;

	private PgBouncer(PgCronHost host, int port) {
		this.host = host;
		this.port = port;
	}

	/**
	 * Starts a pooler.
	 * @param host where the server runs
	 * @param server the server
	 * @param settings of its configuration, such as {@code pool_mode=session}
	 * @return the pooler, which is to be closed
	 */
	public static PgBouncer start(PgCronHost host, PgCronServer server, String... settings) {
		String directory = host.createDirectory();
		int port = host.reservePort();
		host.write(directory + "/users", "\"app\" \"\"\n\"postgres\" \"\"\n");
		host.write(directory + "/pgbouncer.ini", """
				[databases]
				* = host=127.0.0.1 port=%d
				[pgbouncer]
				listen_addr = *
				listen_port = %d
				unix_socket_dir =
				auth_type = trust
				auth_file = %3$s/users
				admin_users = postgres
				ignore_startup_parameters = extra_float_digits
				server_login_retry = 1
				pidfile = %3$s/pgbouncer.pid
				logfile = %3$s/log
				%4$s
				""".formatted(server.port(), port, directory, String.join("\n", settings)));
		host.run("/usr/sbin/pgbouncer", "-q", "-d", directory + "/pgbouncer.ini");
		return new PgBouncer(host, port);
	}

	/**
	 * Returns the server's database with pg_cron, through the pooler.
	 */
	public TestDatabase database() {
		return database(PgCronServer.DATABASE);
	}

	/**
	 * Returns a database of the server, through the pooler.
	 * @param name of the database
	 */
	public TestDatabase database(String name) {
		return new TestDatabase(this.host.reachablePort(this.port), name);
	}

	/**
	 * Returns whether a client is connected.
	 * @param name with which its {@code application_name} begins
	 */
	public boolean hasClient(String name) {
		return command("SHOW CLIENTS").contains("|" + name);
	}

	private String command(String command) {
		return this.host.run("psql", "-h", "127.0.0.1", "-p", Integer.toString(this.port), "-U", "postgres", "-A", "-c",
				command, "pgbouncer");
	}

	@Override
	public void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try {
			command("SHUTDOWN");
		}
		catch (IllegalStateException ex) {
			// It ends before it has answered.
			if (!String.valueOf(ex.getMessage()).contains("server closed the connection")) {
				throw ex;
			}
		}
	}

}
