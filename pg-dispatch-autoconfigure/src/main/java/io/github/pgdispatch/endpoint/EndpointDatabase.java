package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
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

	private final Supplier<DispatchPropagator.Scope> scope;

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
		this.scope = () -> () -> {
		};
	}

	private EndpointDatabase(EndpointDatabase of, String name, Supplier<DispatchPropagator.Scope> scope) {
		this.name = name;
		this.operations = of.operations;
		this.node = of.node;
		this.actions = of.actions;
		this.topics = of.topics;
		this.scope = scope;
	}

	/**
	 * Returns the database of a tenant.
	 * @param tenant the name of the tenant
	 * @param scope in which this is that database
	 * @return the database of that tenant
	 */
	public EndpointDatabase of(String tenant, Supplier<DispatchPropagator.Scope> scope) {
		return new EndpointDatabase(this, tenant, scope);
	}

	/**
	 * Makes this the current database, before it is asked anything.
	 */
	DispatchPropagator.Scope open() {
		return this.scope.get();
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
