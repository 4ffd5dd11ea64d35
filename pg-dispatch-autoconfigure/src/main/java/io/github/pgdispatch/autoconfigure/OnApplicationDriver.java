package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.PgDispatchProperties.Driver;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches unless {@code pgdispatch.driver} is {@code pg-cron}, in any relaxed form.
 */
final class OnApplicationDriver extends SpringBootCondition {

	private static final String PROPERTY = "pgdispatch.driver";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Driver driver = Binder.get(context.getEnvironment()).bind(PROPERTY, Driver.class).orElse(Driver.AUTO);
		return new ConditionOutcome(driver != Driver.PG_CRON,
				ConditionMessage.forCondition("application as the driver").because(PROPERTY + " is " + driver));
	}

}
