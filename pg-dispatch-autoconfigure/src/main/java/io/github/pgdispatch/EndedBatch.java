package io.github.pgdispatch;

import java.util.Map;
import java.util.Optional;

/**
 * What the continuation of a {@linkplain Batch batch} knows of the batch, see
 * {@link DispatchContext#endedBatch()}.
 *
 * @param id the id of the batch
 * @param name the name of the batch
 * @param done the number of jobs that are done
 * @param failed the number of jobs that became dead letters
 * @param cancelled the number of jobs that were cancelled
 */
public record EndedBatch(long id, String name, long done, long failed, long cancelled) {

	static final String ID = "pgdispatch-batch";

	static Optional<EndedBatch> of(Map<String, String> headers) {
		String name = headers.get(ID + "-name");
		return (name != null) ? Optional.of(new EndedBatch(number(headers, ""), name, number(headers, "-done"),
				number(headers, "-failed"), number(headers, "-cancelled"))) : Optional.empty();
	}

	private static long number(Map<String, String> headers, String suffix) {
		return Long.parseLong(headers.getOrDefault(ID + suffix, "0"));
	}

}
