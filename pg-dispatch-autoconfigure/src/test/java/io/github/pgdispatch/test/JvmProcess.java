package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A JVM with the class path of the tests.
 */
public final class JvmProcess implements AutoCloseable {

	private final Process process;

	private final Path log;

	private JvmProcess(Process process, Path log) {
		this.process = process;
		this.log = log;
	}

	public static JvmProcess start(Class<?> main, String... arguments) {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				// It is to start soon, rather than to run fast after a while.
				"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), main.getName()));
		command.addAll(List.of(arguments));
		try {
			Path log = Files.createTempFile(Files.createDirectories(Path.of("target", "jvm")), main.getSimpleName(),
					".log");
			return new JvmProcess(
					new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Kills it as SIGKILL does: nothing of it gets to clean up.
	 */
	public void kill() {
		this.process.destroyForcibly();
	}

	public boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Returns what it has printed so far.
	 */
	public List<String> log() {
		try {
			return Files.readAllLines(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Stops all its threads where they are, until it is thawed.
	 */
	public void freeze() {
		signal("STOP");
	}

	public void thaw() {
		signal("CONT");
	}

	private void signal(String name) {
		try {
			int status = new ProcessBuilder("kill", "-" + name, Long.toString(this.process.pid())).start().waitFor();
			if (status != 0) {
				throw new IllegalStateException("kill -" + name + " failed with " + status);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		kill();
	}

}
