package io.github.pgdispatch.samples.benchmark.scenario;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.springframework.context.ConfigurableApplicationContext;

/**
 * A JVM that starts an application and says when it has started.
 */
final class StartedJvm {

	private static final String STARTED = "started";

	private StartedJvm() {
	}

	/**
	 * Measures the time from the start of the process until the application has started.
	 * @param application to be started
	 * @param url of its database
	 * @return the time in milliseconds
	 */
	static double measure(Class<?> application, String url) throws Exception {
		long start = System.nanoTime();
		Process process = start(StartedJvm.class, application.getName(), url);
		try {
			awaitStarted(process);
			return (System.nanoTime() - start) / 1e6;
		}
		finally {
			process.waitFor();
		}
	}

	/**
	 * Starts a JVM like this one.
	 * @param main the class that it runs
	 * @param arguments of the class
	 */
	static Process start(Class<?> main, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), main.getName()));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
	}

	/**
	 * Waits until a JVM says that it has started.
	 */
	static void awaitStarted(Process process) throws IOException {
		String line = process.inputReader().readLine();
		if (!STARTED.equals(line)) {
			throw new IllegalStateException("The application did not start. It has printed: " + line);
		}
	}

	/**
	 * Says that this JVM has started.
	 */
	static void sayStarted() {
		System.out.println(STARTED);
	}

	/**
	 * Starts an application, and ends it.
	 * @param arguments the name of its class, and the URL of its database
	 */
	public static void main(String[] arguments) throws ClassNotFoundException {
		try (ConfigurableApplicationContext context = StartUp.start(arguments[1], Class.forName(arguments[0]))) {
			sayStarted();
		}
	}

}
