package io.github.pgdispatch.samples.signup;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the application works with the classes that the build has made of it ahead
 * of time, as those of a native image are.
 */
class AheadOfTimeTests {

	@Test
	@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
	void itsSideEffectsTakePlace() throws Exception {
		Process application = start();
		try {
			assertThat(linesUntil(application, "Profile 1: welcome started"))
				.anySatisfy((line) -> assertThat(line).contains("Starting AOT-processed SignupApplication"))
				.anySatisfy((line) -> assertThat(line).contains("Profile 1: Ada signed up, answered after"))
				.anySatisfy((line) -> assertThat(line).contains("Profile 1: notify_followers started"))
				.anySatisfy((line) -> assertThat(line).contains("\"Welcome, Ada!\" sent to ada@example.com"));
		}
		finally {
			application.destroy();
			application.waitFor();
		}
	}

	private static Process start() throws IOException {
		return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Dspring.aot.enabled=true", "-XX:TieredStopAtLevel=1", "-cp",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
				SignupApplication.class.getName(), "--server.port=0", "--spring.main.log-startup-info=true")
			.redirectErrorStream(true)
			.start();
	}

	private static List<String> linesUntil(Process application, String last) throws IOException {
		List<String> lines = new ArrayList<>();
		BufferedReader output = application.inputReader();
		for (String line = output.readLine(); line != null; line = output.readLine()) {
			lines.add(line);
			if (line.contains(last)) {
				break;
			}
		}
		return lines;
	}

}
