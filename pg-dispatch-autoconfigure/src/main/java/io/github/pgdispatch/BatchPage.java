package io.github.pgdispatch;

import java.util.List;

import io.github.pgdispatch.gateway.BatchRow;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list of batches.
 *
 * @param batches the batches, the newest first; immutable
 * @param next what the list takes as {@code after} for the next page; {@code null} if
 * this is the last one
 */
public record BatchPage(List<BatchInfo> batches, @Nullable Long next) {

	public BatchPage {
		batches = List.copyOf(batches);
	}

	static BatchPage of(List<BatchRow> rows, int limit) {
		return new BatchPage(rows.stream().map(BatchInfo::of).toList(),
				(rows.size() == limit) ? rows.get(limit - 1).id() : null);
	}

}
