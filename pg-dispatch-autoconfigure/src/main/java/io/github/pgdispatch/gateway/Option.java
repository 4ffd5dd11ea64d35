package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.Locale;

/**
 * Something that can be asked of a job when it is dispatched.
 */
public enum Option {

	/**
	 * How often it is run at the most, an {@code Integer}.
	 */
	MAX_ATTEMPTS,

	/**
	 * How long it waits after its first failure, a {@code Duration}.
	 */
	BACK_OFF,

	/**
	 * So many times as long after each further one, a {@code Double}.
	 */
	BACK_OFF_FACTOR,

	/**
	 * How long it waits at the most, a {@code Duration}.
	 */
	BACK_OFF_LIMIT,

	/**
	 * How long an attempt may last, a {@code Duration}.
	 */
	TIME_LIMIT,

	/**
	 * The idempotency key, a {@code String}.
	 */
	KEY,

	/**
	 * What becomes of a waiting job of that key: {@code keep} or {@code replace}.
	 */
	ON_DUPLICATE,

	/**
	 * How long the job has its key after it is done, a {@code Duration}.
	 */
	KEEP_KEY,

	/**
	 * The key of the jobs that are run one after the other, a {@code String}.
	 */
	ORDERING_KEY,

	/**
	 * What becomes of those behind it if it fails: {@code hold} or {@code pass}.
	 */
	ON_FAILURE,

	/**
	 * The name of the queue whose limits it obeys, a {@code String}.
	 */
	QUEUE,

	/**
	 * How many seconds its place is ahead of its time, an {@code Integer}.
	 */
	PRIORITY,

	/**
	 * What is kept of a command: {@code rows} or {@code count}.
	 */
	RESULT,

	/**
	 * How long that is kept, a {@code Duration}.
	 */
	KEEP_RESULT,

	/**
	 * Whether a command is run in a transaction, a {@code Boolean}.
	 */
	TRANSACTIONAL;

	/**
	 * The named argument of the SQL function.
	 */
	String sql(Object value) {
		return name().toLowerCase(Locale.ROOT)
				+ ((value instanceof Duration) ? " => make_interval(secs => ?)" : " => ?");
	}

}
