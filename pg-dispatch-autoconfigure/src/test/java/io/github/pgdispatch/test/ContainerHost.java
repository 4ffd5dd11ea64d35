package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.IsRunningStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/**
 * A container that does nothing by itself, so that servers can be stopped in it.
 */
final class ContainerHost implements PgCronHost {

	private static final int FIRST_PORT = 5501;

	private static final int PORTS = 100;

	private final AtomicInteger nextPort = new AtomicInteger();

	private final GenericContainer<?> container;

	ContainerHost() {
		this.container = new GenericContainer<>(new ImageFromDockerfile().withDockerfileFromBuilder((file) -> file
			.from("postgres:" + MAJOR)
			.run("apt-get update && apt-get install -y --no-install-recommends postgresql-%1$d-cron postgresql-%1$d-pgtap pgbouncer && chown -R postgres /usr/share/postgresql/%1$d/extension"
				.formatted(MAJOR))
			.user("postgres")
			.entryPoint("sleep", "infinity")
			.build()));
		this.container
			.withExposedPorts(IntStream.range(FIRST_PORT, FIRST_PORT + PORTS).boxed().toArray(Integer[]::new));
		this.container.withStartupCheckStrategy(new IsRunningStartupCheckStrategy());
		this.container.waitingFor(new AbstractWaitStrategy() {

			@Override
			protected void waitUntilReady() {
				// Nothing listens yet.
			}

		}.withStartupTimeout(Duration.ofMinutes(5)));
		this.container.start();
	}

	static boolean isAvailable() {
		return DockerClientFactory.instance().isDockerAvailable();
	}

	@Override
	public String run(String... command) {
		String[] found = command.clone();
		if (!found[0].contains("/")) {
			found[0] = "/usr/lib/postgresql/" + MAJOR + "/bin/" + found[0];
		}
		try {
			ExecResult result = this.container.execInContainer(found);
			if (result.getExitCode() != 0) {
				throw new IllegalStateException(Arrays.toString(command) + ": " + result);
			}
			return result.getStdout();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Those of servers that were closed long ago are reserved again.
	 */
	@Override
	public int reservePort() {
		return FIRST_PORT + Math.floorMod(this.nextPort.getAndIncrement(), PORTS);
	}

	@Override
	public int reachablePort(int port) {
		return this.container.getMappedPort(port);
	}

	@Override
	public String createDirectory() {
		String directory = "/tmp/" + UUID.randomUUID();
		run("/bin/mkdir", directory);
		return directory;
	}

	@Override
	public void write(String path, String content) {
		this.container.copyFileToContainer(Transferable.of(content), path);
	}

	@Override
	public void close() {
		this.container.stop();
	}

}
