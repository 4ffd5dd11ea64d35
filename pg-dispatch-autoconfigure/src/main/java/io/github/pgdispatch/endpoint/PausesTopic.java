package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;

import org.springframework.util.Assert;

/**
 * The pauses of everything, of handlers and of queues.
 */
final class PausesTopic implements Topic {

	private final PgDispatchOperations operations;

	PausesTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of());
		PgDispatchStatus status = this.operations.status();
		return Topic.answer("all", status.paused(), "handlers", status.pausedHandlers(), "queues",
				status.queues()
					.stream()
					.filter(PgDispatchStatus.Queue::paused)
					.map(PgDispatchStatus.Queue::name)
					.toList());
	}

	@Override
	public Change change(String action, Parameters parameters) {
		boolean pause = "pause".equals(action);
		if (!pause && !"resume".equals(action)) {
			throw Topic.unknown(action, "pause or resume");
		}
		parameters.only(Set.of("action", "countOnly", "handler", "queue", "all"));
		String handler = parameters.text("handler");
		String queue = parameters.text("queue");
		Assert.isTrue(
				Stream.of(handler != null, queue != null, parameters.flag("all")).filter((given) -> given).count() == 1,
				"Give exactly one of the parameters handler, queue and all=true");
		if (handler != null) {
			return Change.ofOne(
					pause ? () -> this.operations.pauseHandler(handler) : () -> this.operations.resumeHandler(handler));
		}
		if (queue != null) {
			QueuesTopic.requireQueue(this.operations, queue);
			return Change
				.ofOne(pause ? () -> this.operations.pauseQueue(queue) : () -> this.operations.resumeQueue(queue));
		}
		return Change.ofOne(pause ? this.operations::pause : this.operations::resume);
	}

}
