package io.github.pgdispatch.samples.orders;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The application in a JVM of its own, which can be killed.
 */
final class Node implements AutoCloseable {

	/**
	 * The status of a process that SIGKILL has ended.
	 */
	private static final int KILLED = 128 + 9;

	private final Process process;

	private Node(Process process) {
		this.process = process;
	}

	/**
	 * Starts a node.
	 * @param classPath of the application
	 * @param arguments of the application
	 * @param output where it writes its log
	 */
	static Node start(String classPath, List<String> arguments, Redirect output) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC", "-cp", classPath, OrdersApplication.class.getName()));
		command.addAll(arguments);
		return new Node(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start());
	}

	/**
	 * Waits for the end of the node.
	 * @return whether it was killed
	 */
	boolean awaitDeath() throws InterruptedException {
		return this.process.waitFor() == KILLED;
	}

	/**
	 * Has it end as an application does.
	 */
	void stop() throws InterruptedException {
		this.process.destroy();
		this.process.waitFor();
	}

	/**
	 * Kills it as SIGKILL does: nothing of it gets to clean up.
	 */
	void kill() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

	@Override
	public void close() throws InterruptedException {
		kill();
	}

}
