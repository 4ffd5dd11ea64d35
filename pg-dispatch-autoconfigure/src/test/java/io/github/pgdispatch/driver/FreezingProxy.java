package io.github.pgdispatch.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A network between a node and its database. Like some firewalls, it can forget
 * connections: it forwards nothing more, and tells neither side. It counts connections.
 */
final class FreezingProxy implements AutoCloseable {

	private final int target;

	private final ServerSocket server;

	private final List<Link> links = new CopyOnWriteArrayList<>();

	FreezingProxy(int target) {
		try {
			this.target = target;
			this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
			startDaemon(this::accept);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int port() {
		return this.server.getLocalPort();
	}

	/**
	 * Forgets the connections that there are. Later ones work.
	 */
	void freeze() {
		this.links.forEach(Link::freeze);
	}

	/**
	 * Returns the number of connections that there have been.
	 */
	int accepted() {
		return this.links.size();
	}

	/**
	 * Returns the number of connections that there are.
	 */
	long open() {
		return this.links.stream().filter((link) -> !link.client.isClosed()).count();
	}

	private static void startDaemon(Runnable runnable) {
		Thread thread = new Thread(runnable);
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				Socket client = this.server.accept();
				this.links.add(new Link(client, new Socket(InetAddress.getLoopbackAddress(), this.target)));
			}
		}
		catch (IOException ex) {
			// It is closed.
		}
	}

	@Override
	public void close() throws IOException {
		this.server.close();
		for (Link link : this.links) {
			link.close();
		}
	}

	private static final class Link {

		private final Socket client;

		private final Socket server;

		private volatile boolean frozen;

		Link(Socket client, Socket server) {
			this.client = client;
			this.server = server;
			startDaemon(() -> forward(client, server));
			startDaemon(() -> forward(server, client));
		}

		private void forward(Socket from, Socket to) {
			byte[] buffer = new byte[65_536];
			try {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				int length;
				while ((length = in.read(buffer)) >= 0) {
					if (!this.frozen) {
						out.write(buffer, 0, length);
					}
				}
			}
			catch (IOException ex) {
				// Whoever uses the connection learns of it.
			}
			if (!this.frozen) {
				close();
			}
		}

		void freeze() {
			this.frozen = true;
		}

		void close() {
			try {
				this.client.close();
				this.server.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
