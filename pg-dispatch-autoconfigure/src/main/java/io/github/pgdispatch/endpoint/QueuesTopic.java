package io.github.pgdispatch.endpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;

import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.QueueLimits;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The queues with their limits.
 */
final class QueuesTopic implements Topic {

	private static final Duration BREAK_FOR = Duration.ofMinutes(1);

	private final PgDispatchOperations operations;

	QueuesTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of());
		Map<String, QueueLimits> limits = this.operations.queues();
		PgDispatchStatus status = this.operations.status();
		List<Queue> queues = status.queues()
			.stream()
			.filter((queue) -> limits.containsKey(queue.name()))
			.map((queue) -> Queue.of(queue, Objects.requireNonNull(limits.get(queue.name())),
					status.breakers().stream().anyMatch((breaker) -> queue.name().equals(breaker.queue()))))
			.toList();
		return Topic.answer("queues", queues);
	}

	@Override
	public Change change(String action, Parameters parameters) {
		String queue = parameters.required("queue");
		switch (action) {
			case "set" -> {
				QueueLimits limits = limits(parameters.only(Set.of("action", "countOnly", "queue", "concurrency",
						"rate", "per", "perKey", "ratePerKey", "breakAfter", "breakFor")));
				return Change.ofOne(() -> this.operations.setQueue(queue, limits));
			}
			case "drop" -> {
				parameters.only(Set.of("action", "countOnly", "queue"));
				requireQueue(this.operations, queue);
				return Change.ofOne(() -> this.operations.dropQueue(queue));
			}
			default -> throw Topic.unknown(action, "set or drop");
		}
	}

	static void requireQueue(PgDispatchOperations operations, String queue) {
		if (!operations.queues().containsKey(queue)) {
			throw new NoSuchElementException("There is no queue '" + queue + "'");
		}
	}

	private static QueueLimits limits(Parameters parameters) {
		Integer rate = parameters.number("rate");
		Integer ratePerKey = parameters.number("ratePerKey");
		Duration per = parameters.duration("per");
		Assert.isTrue(rate != null || ratePerKey != null || per == null,
				"The parameter per does not apply without rate or ratePerKey. Leave it out");
		Integer breakAfter = parameters.number("breakAfter");
		Duration breakFor = parameters.duration("breakFor");
		Assert.isTrue(breakAfter != null || breakFor == null,
				"The parameter breakFor does not apply without breakAfter. Leave it out");
		return new QueueLimits(parameters.number("concurrency"), rate,
				Objects.requireNonNullElse(per, QueueLimits.none().per()), parameters.number("perKey"), ratePerKey,
				(breakAfter != null) ? new CircuitBreaker(breakAfter, Objects.requireNonNullElse(breakFor, BREAK_FOR))
						: null);
	}

	/**
	 * A queue in an answer.
	 */
	record Queue(String name, boolean paused, long running, @Nullable Integer concurrency, @Nullable Integer rate,
			@Nullable Duration per, @Nullable Integer perKey, @Nullable Integer ratePerKey, boolean tripped,
			@Nullable Integer breakAfter, @Nullable Duration breakFor) {

		static Queue of(PgDispatchStatus.Queue queue, QueueLimits limits, boolean tripped) {
			CircuitBreaker breaker = limits.breaker();
			return new Queue(queue.name(), queue.paused(), queue.running(), limits.concurrency(), limits.rate(),
					(limits.rate() != null || limits.ratePerKey() != null) ? limits.per() : null, limits.perKey(),
					limits.ratePerKey(), tripped, (breaker != null) ? breaker.breakAfter() : null,
					(breaker != null) ? breaker.breakFor() : null);
		}

	}

}
