package io.github.pgdispatch.endpoint;

import java.util.Comparator;

import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.PgDispatchStatus;
import org.jspecify.annotations.Nullable;

/**
 * The name of a handler, or the label of SQL. Handlers come first, and SQL without a
 * label last.
 *
 * @param kind whether it is that of a handler
 * @param name the name; {@code null} for SQL without a label
 */
record JobName(JobKind kind, @Nullable String name) implements Comparable<JobName> {

	private static final Comparator<JobName> ORDER = Comparator.comparing(JobName::kind)
		.reversed()
		.thenComparing(JobName::name, Comparator.nullsLast(Comparator.naturalOrder()));

	static JobName of(PgDispatchStatus.Jobs jobs) {
		return new JobName(jobs.kind(), jobs.name());
	}

	static JobName of(DeadLetterGroup group) {
		return (group.handler() != null) ? new JobName(JobKind.HANDLER, group.handler())
				: new JobName(JobKind.SQL, group.label());
	}

	@Override
	public int compareTo(JobName other) {
		return ORDER.compare(this, other);
	}

}
