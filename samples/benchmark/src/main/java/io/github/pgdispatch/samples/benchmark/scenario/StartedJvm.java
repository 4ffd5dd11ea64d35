package io.github.pgdispatch.samples.benchmark.scenario;

import java.io.BufferedReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;

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
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), StartedJvm.class.getName(), application.getName(), url)
			.redirectError(Redirect.INHERIT)
			.start();
		try (BufferedReader output = process.inputReader()) {
			String line = output.readLine();
			double millis = (System.nanoTime() - start) / 1e6;
			if (!STARTED.equals(line)) {
				throw new IllegalStateException("The application did not start. It has printed: " + line);
			}
			return millis;
		}
		finally {
			process.waitFor();
		}
	}

	/**
	 * Starts an application, and ends it.
	 * @param arguments the name of its class, and the URL of its database
	 */
	public static void main(String[] arguments) throws ClassNotFoundException {
		try (ConfigurableApplicationContext context = StartUp.start(arguments[1], Class.forName(arguments[0]))) {
			System.out.println(STARTED);
		}
	}

}
