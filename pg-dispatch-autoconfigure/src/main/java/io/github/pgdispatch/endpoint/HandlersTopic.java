package io.github.pgdispatch.endpoint;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;

/**
 * The handlers and the labels: those that have jobs, dead letters, a pause or a circuit
 * breaker that has tripped, and the handlers of the node that answers.
 */
final class HandlersTopic implements Topic {

	private final PgDispatchOperations operations;

	private final ThisNode node;

	HandlersTopic(PgDispatchOperations operations, ThisNode node) {
		this.operations = operations;
		this.node = node;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of());
		PgDispatchStatus status = this.operations.status();
		List<DeadLetterGroup> failed = this.operations
			.deadLetterGroups(DeadLetterFilter.all().limit(DeadLetterGroupsTopic.MAX_GROUPED));
		Collection<String> here = this.node.handlers().get();
		Set<JobName> names = new TreeSet<>();
		here.forEach((handler) -> names.add(new JobName(JobKind.HANDLER, handler)));
		status.pausedHandlers().forEach((handler) -> names.add(new JobName(JobKind.HANDLER, handler)));
		status.breakers()
			.stream()
			.filter((breaker) -> breaker.handler() != null)
			.forEach((breaker) -> names.add(new JobName(JobKind.HANDLER, breaker.handler())));
		status.jobs().forEach((jobs) -> names.add(JobName.of(jobs)));
		failed.forEach((group) -> names.add(JobName.of(group)));
		return Topic.answer("handlers",
				names.stream().map((name) -> NamedJobs.of(name, status, failed, here)).toList());
	}

}
