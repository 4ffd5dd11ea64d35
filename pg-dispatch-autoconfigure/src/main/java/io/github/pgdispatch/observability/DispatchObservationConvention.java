package io.github.pgdispatch.observability;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Names the {@linkplain PgDispatchObservation#DISPATCH observation of a dispatch} and its
 * key values. A bean of this type replaces {@link DefaultDispatchObservationConvention}.
 * Implementations have to be thread-safe.
 */
public interface DispatchObservationConvention extends ObservationConvention<DispatchObservationContext> {

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof DispatchObservationContext;
	}

}
