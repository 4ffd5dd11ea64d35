package io.github.pgdispatch;

import java.time.Duration;

import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

/**
 * The defaults for options that a dispatch does not set. They apply to SQL when it is
 * dispatched, and to methods when they are run.
 *
 * @param maxAttempts the maximum number of attempts, the first included; 1 to 32,767
 * @param backOff the back-off after a failed attempt
 * @param timeLimit the time limit of an attempt; at least one millisecond, or
 * {@code null} for no limit
 */
public record DispatchDefaults(int maxAttempts, BackOff backOff, @Nullable Duration timeLimit) {

	/**
	 * One attempt without a time limit.
	 */
	public static final DispatchDefaults ONE_ATTEMPT = new DispatchDefaults(1, BackOff.DEFAULT, null);

	public DispatchDefaults {
		ArgumentChecks.maxAttempts(maxAttempts);
		if (timeLimit != null) {
			ArgumentChecks.lasting("The time limit", timeLimit);
		}
	}

	/**
	 * Adds the defaults to the options of SQL. The default back-off is left out, because
	 * the database has the same default, and a job without the option is cheaper.
	 */
	DispatchOptions complete(DispatchOptions given) {
		DispatchOptions options = given.has(Option.MAX_ATTEMPTS) ? given
				: given.with(Option.MAX_ATTEMPTS, this.maxAttempts);
		if (this.timeLimit != null && !options.has(Option.TIME_LIMIT)) {
			options = options.with(Option.TIME_LIMIT, this.timeLimit);
		}
		boolean once = Integer.valueOf(1).equals(options.get(Option.MAX_ATTEMPTS));
		if (!options.has(Option.BACK_OFF)) {
			return (once || this.backOff.equals(BackOff.DEFAULT)) ? options : with(options, this.backOff);
		}
		return (once || options.equals(with(options, BackOff.DEFAULT)))
				? options.without(Option.BACK_OFF, Option.BACK_OFF_MULTIPLIER, Option.MAX_BACK_OFF) : options;
	}

	static DispatchOptions with(DispatchOptions options, BackOff backOff) {
		return options.with(Option.BACK_OFF, backOff.delay())
			.with(Option.BACK_OFF_MULTIPLIER, backOff.multiplier())
			.with(Option.MAX_BACK_OFF, backOff.max());
	}

}
