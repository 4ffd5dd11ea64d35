package io.github.pgdispatch;

import java.time.Duration;

import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of jobs that do not ask for something else themselves. Of SQL it is asked
 * when it is dispatched, and of methods when they are run.
 *
 * @param maxAttempts how often a job is run at the most until it succeeds; 1 to 32,767
 * @param backOff between two attempts
 * @param timeLimit how long an attempt may last, a millisecond at the least; {@code null}
 * for any time
 */
public record DispatchDefaults(int maxAttempts, BackOff backOff, @Nullable Duration timeLimit) {

	/**
	 * One attempt, which may last any time.
	 */
	public static final DispatchDefaults ONE_ATTEMPT = new DispatchDefaults(1, BackOff.DEFAULT, null);

	public DispatchDefaults {
		ArgumentChecks.maxAttempts(maxAttempts);
		if (timeLimit != null) {
			ArgumentChecks.lasting("The time limit", timeLimit);
		}
	}

	/**
	 * What is asked of SQL. The database has the same default for the back-off: not to
	 * tell it makes the job a cheaper one.
	 */
	DispatchOptions complete(DispatchOptions asked) {
		DispatchOptions options = asked.has(Option.MAX_ATTEMPTS) ? asked
				: asked.with(Option.MAX_ATTEMPTS, this.maxAttempts);
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
