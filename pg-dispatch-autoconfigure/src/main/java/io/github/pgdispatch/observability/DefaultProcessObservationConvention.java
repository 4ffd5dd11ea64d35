package io.github.pgdispatch.observability;

import java.util.Locale;

import io.github.pgdispatch.driver.AttemptOutcome;
import io.github.pgdispatch.observability.PgDispatchObservation.Key;
import io.micrometer.common.KeyValues;
import org.jspecify.annotations.Nullable;

/**
 * Default implementation of {@link ProcessObservationConvention}. It can be extended.
 */
public class DefaultProcessObservationConvention implements ProcessObservationConvention {

	@Override
	public String getName() {
		return PgDispatchObservation.PROCESS.getName();
	}

	@Override
	public String getContextualName(ProcessObservationContext context) {
		return "process " + context.getHandler();
	}

	@Override
	public KeyValues getLowCardinalityKeyValues(ProcessObservationContext context) {
		return KeyValues.of(Key.HANDLER.withValue(context.getHandler()), Key.OUTCOME.withValueOrNone(outcome(context)));
	}

	@Override
	public KeyValues getHighCardinalityKeyValues(ProcessObservationContext context) {
		return KeyValues.of(Key.QUEUE.withValueOrNone(context.getQueue()),
				Key.JOB_ID.withValue(String.valueOf(context.getJob().jobId())),
				Key.JOB_ATTEMPT.withValue(String.valueOf(context.getJob().attempt())));
	}

	private static @Nullable String outcome(ProcessObservationContext context) {
		AttemptOutcome outcome = context.getOutcome();
		if (outcome != null) {
			return outcome.name().toLowerCase(Locale.ROOT);
		}
		return (context.getError() != null) ? "error" : null;
	}

}
