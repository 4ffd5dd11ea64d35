package io.github.pgdispatch.autoconfigure;

import java.util.Map;

import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.QueueLimits;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Queue;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Sets the queues of {@code pgdispatch.queues} when the application starts, before it
 * runs jobs.
 */
final class ConfiguredQueues implements SmartInitializingSingleton {

	private final Map<String, Queue> queues;

	private final PgDispatchOperations operations;

	ConfiguredQueues(Map<String, Queue> queues, PgDispatchOperations operations) {
		this.queues = queues;
		this.operations = operations;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.queues.forEach(this::set);
	}

	private static QueueLimits limits(Queue queue) {
		CircuitBreaker breaker = (queue.breakAfter() != null) ? new CircuitBreaker(queue.breakAfter(), queue.breakFor())
				: null;
		return new QueueLimits(queue.concurrency(), queue.rate(), queue.per(), queue.perKey(), queue.ratePerKey(),
				breaker);
	}

	private void set(String name, Queue queue) {
		try {
			this.operations.setQueue(name, limits(queue));
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"The limits of the queue '" + name + "' are invalid: " + ex.getMessage() + ".",
					"Correct the properties pgdispatch.queues." + name + ".*.");
		}
	}

}
