package io.github.pgdispatch;

import java.time.Instant;
import java.util.Map;

/**
 * Describes a running job. A parameter of this type gets the context of the job. It is
 * not stored with the arguments, so that a caller passes {@code null}. The times are
 * those of the clock of the database.
 *
 * @param jobId the id of the job, which is the same for all attempts
 * @param attempt the number of this attempt, starting at 1
 * @param dueAt the time before which the job was not to be run
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param headers the headers that {@link DispatchPropagator propagators} have set, or the
 * headers of a dispatch in SQL; immutable
 */
public record DispatchContext(long jobId, int attempt, Instant dueAt, Instant dispatchedAt,
		Map<String, String> headers) {

	public DispatchContext {
		headers = Map.copyOf(headers);
	}

}
