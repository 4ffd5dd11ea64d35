package io.github.pgdispatch.test;

import java.util.Map;

import org.junit.jupiter.api.Assumptions;

/**
 * Skips tests that need something that is not here. It says so on the console, as nobody
 * reads the reports of tests that pass.
 */
public final class LoudSkip {

	private static final String LINE = "*".repeat(81);

	private LoudSkip() {
	}

	/**
	 * Skips the test, or fails with {@code CI=true}.
	 * @param <T> what would have been used
	 * @param message what is missing, and where it is taken from
	 * @param environment the environment variables
	 * @return nothing, ever
	 */
	public static <T> T of(String message, Map<String, String> environment) {
		String framed = "\n%s\n%s\n%s\n".formatted(LINE, message.indent(2).stripTrailing(), LINE);
		if ("true".equals(environment.get("CI"))) {
			throw new IllegalStateException(framed + "With CI=true, that is a failure.");
		}
		System.err.println(framed);
		return Assumptions.abort(framed);
	}

}
