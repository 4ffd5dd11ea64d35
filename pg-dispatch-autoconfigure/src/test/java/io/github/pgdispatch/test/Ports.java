package io.github.pgdispatch.test;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for servers, which are to have them again after they were stopped. So they are
 * none of those that a system gives to whoever connects to something meanwhile, and each
 * virtual machine has others.
 */
final class Ports {

	private static final int FIRST = 10_000;

	private static final int PORTS = 20_000;

	private static final int PORTS_OF_A_VIRTUAL_MACHINE = 100;

	private static final AtomicInteger next = new AtomicInteger(
			(int) (ProcessHandle.current().pid() % (PORTS / PORTS_OF_A_VIRTUAL_MACHINE)) * PORTS_OF_A_VIRTUAL_MACHINE);

	private Ports() {
	}

	static int reserve() {
		int port = FIRST + Math.floorMod(next.getAndIncrement(), PORTS);
		while (!isFree(port)) {
			port = FIRST + Math.floorMod(next.getAndIncrement(), PORTS);
		}
		return port;
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket(port)) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

}
