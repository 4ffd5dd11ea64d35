package io.github.pgdispatch.autoconfigure;

import java.time.Duration;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Sets how long ended jobs are kept when the application starts, before it runs jobs.
 */
final class ConfiguredHistory implements SmartInitializingSingleton {

	/**
	 * The longest time that the database takes.
	 */
	private static final Duration MAX = Duration.ofDays(3652);

	private final DatabaseProperties properties;

	private final PgDispatchOperations operations;

	ConfiguredHistory(DatabaseProperties properties, PgDispatchOperations operations) {
		this.properties = properties;
		this.operations = operations;
	}

	@Override
	public void afterSingletonsInstantiated() {
		keep("pgdispatch.history.retention", null, this.properties.history().retention());
		this.properties.queues()
			.forEach((name, queue) -> keep("pgdispatch.queues." + name + ".history-retention", name,
					queue.historyRetention()));
	}

	private void keep(String property, @Nullable String queue, @Nullable Duration retention) {
		if (retention == null) {
			return;
		}
		if (retention.isNegative() || retention.compareTo(MAX) > 0) {
			throw new PgDispatchConfigurationException("The property " + property + " is " + retention + ".",
					"Set it to a time from zero, which keeps no history, to ten years.");
		}
		if (queue == null) {
			this.operations.keepHistory(retention);
		}
		else {
			this.operations.keepHistory(queue, retention);
		}
	}

}
