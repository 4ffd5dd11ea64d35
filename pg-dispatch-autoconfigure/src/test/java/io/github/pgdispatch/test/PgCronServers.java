package io.github.pgdispatch.test;

import java.util.ArrayList;
import java.util.List;

/**
 * Starts servers for tests that need one of their own. To initialize a server takes
 * longer than most tests, so they are copies.
 */
public final class PgCronServers implements AutoCloseable {

	private final PgCronHost host;

	private final List<PgCronServer> initialized = new ArrayList<>();

	PgCronServers(PgCronHost host) {
		this.host = host;
	}

	/**
	 * Starts a server. All that are started so have the same system identifier.
	 * @param settings of its configuration, such as {@code fsync=on}
	 * @return the server, which is to be closed
	 */
	public PgCronServer start(String... settings) {
		return initialized(0).startCopy(settings);
	}

	/**
	 * Starts a server that has another system identifier than those of
	 * {@link #start(String...)}.
	 * @param settings of its configuration, such as {@code fsync=on}
	 * @return the server, which is to be closed
	 */
	public PgCronServer startAnother(String... settings) {
		return initialized(1).startCopy(settings);
	}

	private synchronized PgCronServer initialized(int number) {
		while (this.initialized.size() <= number) {
			PgCronServer server = PgCronServer.start(this.host);
			server.stop();
			this.initialized.add(server);
		}
		return this.initialized.get(number);
	}

	@Override
	public synchronized void close() {
		this.initialized.forEach(PgCronServer::close);
	}

}
