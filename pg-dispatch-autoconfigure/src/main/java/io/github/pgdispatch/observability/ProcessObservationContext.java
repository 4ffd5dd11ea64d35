package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.Map;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.driver.AttemptOutcome;
import io.github.pgdispatch.driver.BegunAttempt;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import org.jspecify.annotations.Nullable;

/**
 * The context of the {@linkplain PgDispatchObservation#PROCESS observation of an attempt}
 * of a handler's job. Its carrier is the headers of the job. Used by one thread.
 */
public final class ProcessObservationContext extends ReceiverContext<Map<String, String>> {

	private static final Duration LONG = Duration.ofMinutes(1);

	private final BegunAttempt attempt;

	private @Nullable AttemptOutcome outcome;

	/**
	 * Creates a context.
	 * @param attempt the attempt that begins
	 */
	public ProcessObservationContext(BegunAttempt attempt) {
		super((headers, name) -> (headers != null) ? headers.get(name) : null, Kind.CONSUMER);
		this.attempt = attempt;
		setCarrier(attempt.context().headers());
	}

	/**
	 * Returns the name of the handler.
	 * @return the name of the handler
	 */
	public String getHandler() {
		return this.attempt.handler();
	}

	/**
	 * Returns the name of the queue.
	 * @return the queue of the job; {@code null} if it is in none
	 */
	public @Nullable String getQueue() {
		return this.attempt.queue();
	}

	/**
	 * Returns the context of the job.
	 * @return the context, as the method sees it
	 */
	public DispatchContext getJob() {
		return this.attempt.context();
	}

	/**
	 * Returns whether the attempt has a trace of its own, with a link to the dispatch.
	 * Otherwise, it is part of the trace of the dispatch.
	 * @return {@code true} for all attempts but the first, and for a job that was to wait
	 * for more than a minute
	 */
	public boolean isLinked() {
		DispatchContext job = getJob();
		return job.attempt() > 1 || Duration.between(job.dispatchedAt(), job.dueAt()).compareTo(LONG) > 0;
	}

	/**
	 * Returns what becomes of the attempt.
	 * @return the outcome; {@code null} if the attempt failed or has not ended
	 */
	public @Nullable AttemptOutcome getOutcome() {
		return this.outcome;
	}

	/**
	 * Notes what becomes of the attempt.
	 */
	void ended(@Nullable AttemptOutcome outcome) {
		this.outcome = outcome;
	}

}
