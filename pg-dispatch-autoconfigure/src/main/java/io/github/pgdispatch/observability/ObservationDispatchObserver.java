package io.github.pgdispatch.observability;

import java.util.function.LongSupplier;

import io.github.pgdispatch.DispatchObserver;
import io.github.pgdispatch.ObservedDispatch;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Makes an observation of each dispatch. Thread-safe.
 */
public final class ObservationDispatchObserver implements DispatchObserver {

	private static final DispatchObservationConvention DEFAULT_CONVENTION = new DefaultDispatchObservationConvention();

	private final ObservationRegistry registry;

	private final @Nullable DispatchObservationConvention convention;

	/**
	 * Creates an observer.
	 * @param registry of the observations
	 * @param convention that names them; {@code null} for that of the registry, or else
	 * the default
	 */
	public ObservationDispatchObserver(ObservationRegistry registry,
			@Nullable DispatchObservationConvention convention) {
		this.registry = registry;
		this.convention = convention;
	}

	@Override
	public long observe(ObservedDispatch dispatch, LongSupplier write) {
		if (this.registry.isNoop()) {
			return write.getAsLong();
		}
		DispatchObservationContext context = new DispatchObservationContext(dispatch);
		PgDispatchObservation.DISPATCH.observation(this.convention, DEFAULT_CONVENTION, () -> context, this.registry)
			.observe(() -> context.done(write.getAsLong()));
		return context.getJobId();
	}

}
