package io.github.pgdispatch;

import java.util.List;

import io.github.pgdispatch.gateway.EndedJobRow;
import org.jspecify.annotations.Nullable;

/**
 * A page of the history.
 *
 * @param jobs the jobs, the one that ended last first; immutable
 * @param next what {@link HistoryFilter#after(String)} takes for the next page;
 * {@code null} if this is the last one
 */
public record HistoryPage(List<EndedJob> jobs, @Nullable String next) {

	public HistoryPage {
		jobs = List.copyOf(jobs);
	}

	static HistoryPage of(List<EndedJobRow> rows, int limit) {
		EndedJobRow last = (rows.size() == limit) ? rows.get(limit - 1) : null;
		return new HistoryPage(rows.stream().map(EndedJob::of).toList(),
				(last != null) ? new PagePosition(last.position(), last.id()).text() : null);
	}

}
