package io.github.pgdispatch.observability;

import io.github.pgdispatch.driver.AttemptScope;
import io.github.pgdispatch.driver.BegunAttempt;
import io.github.pgdispatch.driver.DriverListener;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Makes an observation of each attempt of a handler's job. Thread-safe.
 */
public final class ObservationDriverListener implements DriverListener {

	private static final ProcessObservationConvention DEFAULT_CONVENTION = new DefaultProcessObservationConvention();

	private final ObservationRegistry registry;

	private final @Nullable ProcessObservationConvention convention;

	/**
	 * Creates a listener.
	 * @param registry of the observations
	 * @param convention that names them; {@code null} for that of the registry, or else
	 * the default
	 */
	public ObservationDriverListener(ObservationRegistry registry, @Nullable ProcessObservationConvention convention) {
		this.registry = registry;
		this.convention = convention;
	}

	@Override
	public AttemptScope attemptBegins(BegunAttempt attempt) {
		ProcessObservationContext context = new ProcessObservationContext(attempt);
		Observation observation = PgDispatchObservation.PROCESS.start(this.convention, DEFAULT_CONVENTION,
				() -> context, this.registry);
		Observation.Scope scope = observation.openScope();
		return (outcome, error) -> {
			try (scope) {
				context.ended(outcome);
				if (error != null) {
					observation.error(error);
				}
			}
			finally {
				observation.stop();
			}
		};
	}

}
