package io.github.pgdispatch.observability;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Names the {@linkplain PgDispatchObservation#PROCESS observation of an attempt} and its
 * key values. A bean of this type replaces {@link DefaultProcessObservationConvention}.
 * Implementations have to be thread-safe.
 */
public interface ProcessObservationConvention extends ObservationConvention<ProcessObservationContext> {

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof ProcessObservationContext;
	}

}
