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
		try {
			if (queue == null) {
				this.operations.keepHistory(retention);
			}
			else {
				this.operations.keepHistory(queue, retention);
			}
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"The property " + property + " is invalid: " + ex.getMessage() + ".",
					"Set it to a time from zero, which keeps no history, to ten years.");
		}
	}

}
