package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

/**
 * A database whose jobs the endpoint shows. Thread-safe.
 */
public final class EndpointDatabase {

	private final @Nullable String name;

	private final PgDispatchOperations operations;

	private final ThisNode node;

	private final OperatorActions actions;

	private final Map<String, Topic> topics;

	/**
	 * Creates a database.
	 * @param name the name of the database, or {@code null} if the application has only
	 * one
	 * @param operations what the endpoint does
	 * @param template finds and cancels single jobs
	 * @param node the node that answers, with its drivers for this database
	 * @param actions makes changes, and tells who made them
	 */
	public EndpointDatabase(@Nullable String name, PgDispatchOperations operations, PgDispatchTemplate template,
			ThisNode node, OperatorActions actions) {
		this.name = name;
		this.operations = operations;
		this.node = node;
		this.actions = actions;
		this.topics = Map.of("schedules", new SchedulesTopic(operations), "jobs", new JobsTopic(operations, template),
				"batches", new BatchesTopic(operations), "dead-letters", new DeadLettersTopic(operations),
				"dead-letter-groups", new DeadLetterGroupsTopic(operations), "queues", new QueuesTopic(operations),
				"handlers", new HandlersTopic(operations, node), "history", new HistoryTopic(operations), "nodes",
				new NodesTopic(operations, node), "pauses", new PausesTopic(operations));
	}

	@Nullable String name() {
		return this.name;
	}

	PgDispatchStatus status() {
		return this.operations.status();
	}

	ThisNode.State node() {
		return this.node.state();
	}

	OperatorActions actions() {
		return this.actions;
	}

	Topic topic(String what) {
		Topic topic = this.topics.get(what);
		if (topic == null) {
			throw new NoSuchElementException("There is nothing at this path. There are "
					+ String.join(", ", this.topics.keySet().stream().sorted().toList()));
		}
		return topic;
	}

}
