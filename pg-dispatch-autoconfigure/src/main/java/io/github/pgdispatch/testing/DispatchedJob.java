package io.github.pgdispatch.testing;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.format.annotation.DurationFormat.Style;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * A job that was dispatched and waits. A job either has a command or calls a handler. The
 * times are those of the clock of the database.
 *
 * @param id the id of the job; a later job has a greater id
 * @param command the SQL, with its parameters as literals; {@code null} if the job calls
 * a handler
 * @param handler the name of the handler, such as {@code signUpSideEffects.welcome};
 * {@code null} if the job has a command
 * @param arguments the arguments of the call, as a JSON object that has them by the names
 * of the parameters; {@code null} if the job has a command
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job is not run
 */
public record DispatchedJob(long id, @Nullable String command, @Nullable String handler, @Nullable String arguments,
		Instant dispatchedAt, Instant dueAt) {

	/**
	 * Returns the time from the dispatch until the job is due. It does not change when
	 * {@link DispatchedJobs#advanceTime(Duration)} is called.
	 * @return the delay, which is zero for a job that was dispatched without a delay
	 */
	public Duration delay() {
		return Duration.between(this.dispatchedAt, this.dueAt);
	}

	/**
	 * Returns a description of the job.
	 * @return the content and the delay of the job, such as
	 * <code>SELECT remind(42), after 20s</code> or
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
