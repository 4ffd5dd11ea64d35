package io.github.pgdispatch.observability;

import io.github.pgdispatch.ObservedDispatch;
import io.github.pgdispatch.observability.PgDispatchObservation.Key;
import io.micrometer.common.KeyValues;
import org.jspecify.annotations.Nullable;

/**
 * Default implementation of {@link DispatchObservationConvention}. It can be extended.
 */
public class DefaultDispatchObservationConvention implements DispatchObservationConvention {

	@Override
	public String getName() {
		return PgDispatchObservation.DISPATCH.getName();
	}

	@Override
	public String getContextualName(DispatchObservationContext context) {
		ObservedDispatch dispatch = context.getDispatch();
		String name = (dispatch.handler() != null) ? dispatch.handler() : dispatch.label();
		return "dispatch " + ((name != null) ? name : "SQL");
	}

	@Override
	public KeyValues getLowCardinalityKeyValues(DispatchObservationContext context) {
		return KeyValues.of(Key.HANDLER.withValueOrNone(context.getDispatch().handler()),
				Key.OUTCOME.withValueOrNone(outcome(context)));
	}

	@Override
	public KeyValues getHighCardinalityKeyValues(DispatchObservationContext context) {
		ObservedDispatch dispatch = context.getDispatch();
		long id = context.getJobId();
		return KeyValues.of(Key.LABEL.withValueOrNone(dispatch.label()), Key.QUEUE.withValueOrNone(dispatch.queue()),
				Key.JOB_ID.withValueOrNone((id != 0) ? String.valueOf(id) : null));
	}

	private static @Nullable String outcome(DispatchObservationContext context) {
		if (context.isDone()) {
			return "done";
		}
		return (context.getError() != null) ? "error" : null;
	}

}
