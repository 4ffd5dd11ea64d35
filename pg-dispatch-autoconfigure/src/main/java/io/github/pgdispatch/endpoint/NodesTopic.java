package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;

/**
 * The nodes: the one that answers with its drivers, and the number of all.
 */
final class NodesTopic implements Topic {

	private final PgDispatchOperations operations;

	private final ThisNode node;

	NodesTopic(PgDispatchOperations operations, ThisNode node) {
		this.operations = operations;
		this.node = node;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of());
		PgDispatchStatus status = this.operations.status();
		return Topic.answer("here", this.node.state(), "nodes", status.nodes(), "cronWorkers", status.cronWorkers(),
				"applicationConnected", status.applicationConnected());
	}

}
