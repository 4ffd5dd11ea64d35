package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.Locale;

/**
 * An option of a job that is dispatched.
 */
public enum Option {

	/**
	 * Maximum number of attempts, the first included: an {@code Integer}.
	 */
	MAX_ATTEMPTS,

	/**
	 * Delay after the first failed attempt: a {@code Duration}.
	 */
	BACK_OFF,

	/**
	 * Factor by which the delay grows after each further failed attempt: a
	 * {@code Double}.
	 */
	BACK_OFF_MULTIPLIER,

	/**
	 * Longest delay after a failed attempt: a {@code Duration}.
	 */
	MAX_BACK_OFF,

	/**
	 * Maximum duration of an attempt: a {@code Duration}.
	 */
	TIME_LIMIT,

	/**
	 * Idempotency key: a {@code String}.
	 */
	KEY,

	/**
	 * Whether a waiting job with the same key stays as it is ({@code keep}) or is
	 * replaced ({@code replace}).
	 */
	ON_DUPLICATE,

	/**
	 * Time for which the key is reserved after the job is done: a {@code Duration}.
	 */
	KEEP_KEY,

	/**
	 * Key of jobs that are run one after the other: a {@code String}.
	 */
	ORDERING_KEY,

	/**
	 * Whether jobs with the same ordering key wait ({@code hold}) or go on ({@code pass})
	 * when the job has failed for good.
	 */
	ON_FAILURE,

	/**
	 * Name of the queue whose limits apply: a {@code String}.
	 */
	QUEUE,

	/**
	 * Key of the jobs that share a turn in their queue: a {@code String}.
	 */
	FAIR_KEY,

	/**
	 * Number of seconds by which the job precedes jobs without a priority: an
	 * {@code Integer}.
	 */
	PRIORITY,

	/**
	 * Whether the rows of a command ({@code rows}) or their number ({@code count}) are
	 * kept.
	 */
	RESULT,

	/**
	 * Time for which the result is kept: a {@code Duration}.
	 */
	KEEP_RESULT,

	/**
	 * Whether a command is run in a transaction: a {@code Boolean}.
	 */
	TRANSACTIONAL,

	/**
	 * Name under which a command is listed and counted: a {@code String}.
	 */
	LABEL,

	/**
	 * The id of the batch of the job: a {@code Long}.
	 */
	BATCH,

	/**
	 * Whether the job follows its batch in any case ({@code then}) or if a job of it has
	 * failed ({@code on_failure}). Otherwise, it is one of the batch.
	 */
	CONTINUATION;

	private final String argument;

	Option() {
		this.argument = name().toLowerCase(Locale.ROOT);
	}

	/**
	 * Returns the option as a named argument of an SQL function.
	 */
	String sql(Object value) {
		return this.argument + ((value instanceof Duration) ? " => pg_catalog.make_interval(secs => ?)" : " => ?");
	}

	/**
	 * Returns the option as a name and a value of a JSON object.
	 */
	String json(Object value) {
		String parameter = (value instanceof Duration) ? "pg_catalog.make_interval(secs => ?)"
				: (value instanceof String) ? "?::pg_catalog.text" : "?";
		return "'" + this.argument + "', " + parameter;
	}

}
