package io.github.pgdispatch.gateway;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Reads a message with which the executor tells of a failed attempt, see
 * {@link WorkerSession#retries()}.
 */
public final class RetryMessage {

	private static final Pattern FORMAT = Pattern.compile(
			"SQL job (\\d+)(?: with the label '(.*?)')? \\(attempt (\\d+)\\) failed and will be run again, SQLSTATE (.{5}): (.*)",
			Pattern.DOTALL);

	private RetryMessage() {
	}

	/**
	 * Reads a message.
	 * @param message of the executor
	 * @return the failed attempt, or {@code null} if the message is about something else,
	 * such as an outcome that cannot be written
	 */
	public static @Nullable FailedCommand read(String message) {
		Matcher matcher = FORMAT.matcher(message);
		return matcher.matches() ? new FailedCommand(Long.parseLong(matcher.group(1)), matcher.group(2),
				Integer.parseInt(matcher.group(3)), matcher.group(4), matcher.group(5), null) : null;
	}

}
