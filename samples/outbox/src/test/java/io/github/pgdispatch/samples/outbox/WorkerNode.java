package io.github.pgdispatch.samples.outbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.springframework.core.env.Environment;

/**
 * A node of the sample in a JVM of its own, which sends what others have published.
 */
final class WorkerNode implements AutoCloseable {

	private final Process process;

	private WorkerNode(Process process) {
		this.process = process;
	}

	/**
	 * Starts a node.
	 * @param publisher has the addresses of the servers
	 */
	static WorkerNode start(Environment publisher, String... properties) throws IOException {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
				"-XX:+UseSerialGC", "-cp",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
				OutboxApplication.class.getName(), "--server.port=0", "--spring.kafka.listener.auto-startup=false"));
		for (String name : List.of("spring.datasource.url", "spring.kafka.bootstrap-servers")) {
			command.add("--" + name + "=" + publisher.getRequiredProperty(name));
		}
		command.addAll(List.of(properties));
		Path log = Files.createTempFile(Files.createDirectories(Path.of("target", "jvm")), "worker", ".log");
		return new WorkerNode(
				new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start());
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
