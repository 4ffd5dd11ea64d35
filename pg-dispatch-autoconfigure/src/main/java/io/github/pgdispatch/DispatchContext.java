package io.github.pgdispatch;

import java.time.Instant;
import java.util.Map;

/**
 * What a running job may know of itself: the argument for a parameter of this type. It is
 * not stored with the job's arguments, so that a caller passes {@code null} for it.
 *
 * @param jobId of the job, the same in all its attempts
 * @param attempt which one this is, counted from 1
 * @param dueAt when the job was to be run at the earliest
 * @param dispatchedAt when the transaction started that has dispatched the job
 * @param headers what {@link DispatchPropagator propagators} have sent along, or whoever
 * dispatched the job in SQL
 */
public record DispatchContext(long jobId, int attempt, Instant dueAt, Instant dispatchedAt,
		Map<String, String> headers) {

	public DispatchContext {
		headers = Map.copyOf(headers);
	}

}
