package io.github.pgdispatch;

import java.util.List;

import io.github.pgdispatch.gateway.ListedJobRow;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list of jobs.
 *
 * @param jobs the jobs, in the order in which they are due; those that are held come
 * last. Immutable
 * @param next what {@link JobFilter#after(String)} takes for the next page; {@code null}
 * if this is the last one
 */
public record JobPage(List<ListedJob> jobs, @Nullable String next) {

	public JobPage {
		jobs = List.copyOf(jobs);
	}

	static JobPage of(List<ListedJobRow> rows, int limit) {
		ListedJobRow last = (rows.size() == limit) ? rows.get(limit - 1) : null;
		return new JobPage(rows.stream().map(ListedJob::of).toList(),
				(last != null) ? new PagePosition(last.place(), last.id()).text() : null);
	}

}
