package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.pgdispatch.HistoryFilter;
import io.github.pgdispatch.HistoryPage;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchOperations;

/**
 * The jobs that have ended, as far as they are kept.
 */
final class HistoryTopic implements Topic {

	private static final Set<String> PARAMETERS = Set.of("kind", "handler", "label", "queue", "outcome", "after",
			"limit");

	private final PgDispatchOperations operations;

	HistoryTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		KindAndName jobs = KindAndName.of(parameters.only(PARAMETERS));
		HistoryPage page = this.operations.history(new HistoryFilter(jobs.kind(), jobs.name(), parameters.text("queue"),
				parameters.constant("outcome", JobState.class), parameters.text("after"),
				Objects.requireNonNullElse(parameters.number("limit"), HistoryFilter.all().limit())));
		return Topic.answer("jobs", page.jobs().stream().map(values::of).toList(), "next", page.next());
	}

}
