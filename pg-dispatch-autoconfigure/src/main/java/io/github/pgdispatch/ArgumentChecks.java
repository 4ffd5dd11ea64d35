package io.github.pgdispatch;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.github.pgdispatch.gateway.Durations;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Checks arguments that the database would refuse, so that the caller gets the error.
 */
public final class ArgumentChecks {

	private static final int MAX_ATTEMPTS = Short.MAX_VALUE;

	private static final int MAX_BYTES = 1000;

	private static final int MAX_PRIORITY = 86_400;

	private ArgumentChecks() {
	}

	static int maxAttempts(int maxAttempts) {
		Assert.isTrue(maxAttempts > 0, () -> "The maximum number of attempts must be positive, but is " + maxAttempts);
		Assert.isTrue(maxAttempts <= MAX_ATTEMPTS,
				() -> "The maximum number of attempts must be at most " + MAX_ATTEMPTS + ", but is " + maxAttempts);
		return maxAttempts;
	}

	/**
	 * Checks a duration that may be zero.
	 * @param what the subject of the message
	 * @param duration the duration
	 * @return the duration
	 * @throws IllegalArgumentException if it is negative or longer than
	 * {@link Durations#MAX}
	 */
	public static Duration notNegative(String what, Duration duration) {
		Assert.notNull(duration, () -> what + " must not be null");
		Assert.isTrue(!duration.isNegative(), () -> what + " must not be negative, but is " + duration);
		return bounded(what, duration);
	}

	static Duration lasting(String what, Duration duration) {
		Assert.notNull(duration, () -> what + " must not be null");
		Assert.isTrue(duration.compareTo(Duration.ofMillis(1)) >= 0,
				() -> what + " must be at least one millisecond, but is " + duration);
		return bounded(what, duration);
	}

	/**
	 * No duration may be longer than {@link Durations#MAX}.
	 */
	static Duration bounded(String what, Duration duration) {
		Assert.isTrue(duration.compareTo(Durations.MAX) <= 0,
				() -> what + " must be at most " + Durations.MAX.toDays() + " days, but is " + duration);
		return duration;
	}

	/**
	 * Checks a key or a name. Does not show it in messages, because it may be secret.
	 * @param what the subject of the message
	 * @param name the key or the name
	 * @return the name
	 * @throws IllegalArgumentException if it is blank, has a control character or has
	 * more than 1,000 bytes
	 */
	public static String name(String what, String name) {
		text(what, name);
		Assert.isTrue(name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES,
				() -> what + " must have at most " + MAX_BYTES + " bytes in UTF-8");
		Assert.isTrue(name.chars().noneMatch(Character::isISOControl),
				() -> what + " must not contain control characters, such as a line feed");
		return name;
	}

	static String text(String what, String text) {
		Assert.isTrue(StringUtils.hasText(text), () -> what + " must not be blank");
		Assert.isTrue(text.indexOf('\0') < 0,
				() -> what + " must not contain a NUL character, which PostgreSQL cannot store");
		return text;
	}

	static int priority(int priority) {
		Assert.isTrue(priority >= 0 && priority <= MAX_PRIORITY,
				() -> "The priority must be between 0 and " + MAX_PRIORITY + " seconds, but is " + priority);
		return priority;
	}

}
