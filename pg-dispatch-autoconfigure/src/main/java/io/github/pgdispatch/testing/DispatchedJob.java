package io.github.pgdispatch.testing;

import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.gateway.WaitingJob;
import org.jspecify.annotations.Nullable;

import org.springframework.format.annotation.DurationFormat.Style;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * A job that was dispatched and waits. It either has a command or calls a handler.
 *
 * @param id identifies the job; a later one has a greater id
 * @param command the SQL, with its parameters as literals; {@code null} if it calls a
 * handler
 * @param handler the name of the method that it calls, such as
 * {@code signUpSideEffects.welcome}; {@code null} if it has a command
 * @param arguments of the call, as a JSON object of the parameters' names and values;
 * {@code null} if it has a command
 * @param dispatchedAt when the transaction began that dispatched it, by the database's
 * clock
 * @param dueAt before which it is not run, by the database's clock
 */
public record DispatchedJob(long id, @Nullable String command, @Nullable String handler, @Nullable String arguments,
		Instant dispatchedAt, Instant dueAt) {

	static DispatchedJob of(WaitingJob job) {
		return new DispatchedJob(job.id(), job.command(), job.handler(), job.arguments(), job.firedAt().toInstant(),
				job.dueAt().toInstant());
	}

	/**
	 * Returns how long after its dispatch it is due, which {@link DispatchedJobs}'s way
	 * to advance the time does not change.
	 * @return the delay, zero for a job that was not snoozed
	 */
	public Duration delay() {
		return Duration.between(this.dispatchedAt, this.dueAt);
	}

	/**
	 * Returns what is run and when.
	 * @return a description, such as <code>SELECT remind(42), after 20s</code> or
	 * <code>signUpSideEffects.welcome {"profileId":42}</code>
	 */
	@Override
	public String toString() {
		String what = (this.command != null) ? Literals.readable(this.command) : this.handler + " " + this.arguments;
		return delay().isZero() ? what : what + ", after " + text(delay());
	}

	static String text(Duration delay) {
		return delay.isZero() ? "0s" : DurationFormatterUtils.print(delay, Style.COMPOSITE);
	}

}
