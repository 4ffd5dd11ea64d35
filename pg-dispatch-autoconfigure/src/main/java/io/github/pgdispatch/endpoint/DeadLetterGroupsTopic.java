package io.github.pgdispatch.endpoint;

import java.util.List;
import java.util.Map;

import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.PgDispatchOperations;

/**
 * The dead letters by what has failed and why.
 */
final class DeadLetterGroupsTopic implements Topic {

	static final int MAX_GROUPED = 2_000;

	private final PgDispatchOperations operations;

	DeadLetterGroupsTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		List<DeadLetterGroup> groups = this.operations
			.deadLetterGroups(DeadLettersTopic.filter(parameters.only(DeadLettersTopic.CONDITIONS)).limit(MAX_GROUPED));
		long count = groups.stream().mapToLong(DeadLetterGroup::count).sum();
		return Topic.answer("groups", groups.stream().map(values::of).toList(), "exact", count < MAX_GROUPED);
	}

}
