package io.github.pgdispatch.autoconfigure;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;

/**
 * Matches if the health or the metrics of pg-dispatch are there.
 */
final class OnObservedQueue extends AnyNestedCondition {

	OnObservedQueue() {
		super(ConfigurationPhase.REGISTER_BEAN);
	}

	@ConditionalOnBean(type = "io.github.pgdispatch.observability.PgDispatchHealthIndicator")
	static class OnHealth {

	}

	@ConditionalOnBean(type = "io.github.pgdispatch.observability.TenantHealthIndicator")
	static class OnTenantHealth {

	}

	@ConditionalOnBean(type = "io.github.pgdispatch.observability.QueueMetrics")
	static class OnMetrics {

	}

}
