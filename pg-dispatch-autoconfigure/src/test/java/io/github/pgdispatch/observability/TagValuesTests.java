package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgdispatch.driver.AttemptOutcome;
import io.github.pgdispatch.driver.EndedAttempt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No tag has an unbounded number of values, whatever names an application makes up.
 */
class TagValuesTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	@Test
	void queuesOfAttemptsAreBounded() {
		DriverMetrics metrics = new DriverMetrics(null, List::of);
		metrics.bindTo(this.registry);
		IntStream.range(0, 1_000).forEach((tenant) -> metrics.attemptEnded(attempt("tenant " + tenant, "Error")));
		assertThat(values("pgdispatch.job.delay", "queue")).hasSize(201).contains("tenant 0", "other");
		assertThat(values("pgdispatch.job.duration", "queue")).hasSize(201);
	}

	@Test
	void errorsOfAttemptsAreBounded() {
		DriverMetrics metrics = new DriverMetrics(null, List::of);
		metrics.bindTo(this.registry);
		IntStream.range(0, 1_000).forEach((error) -> metrics.attemptEnded(attempt("reports", "Error" + error)));
		assertThat(values("pgdispatch.job.failures", "error")).hasSize(101).contains("other");
	}

	@Test
	void observationsHaveWhatIsUnboundedInTheirSpansOnly() {
		for (PgDispatchObservation observation : PgDispatchObservation.values()) {
			assertThat(observation.getLowCardinalityKeyNames()).doesNotContain(PgDispatchObservation.Key.LABEL,
					PgDispatchObservation.Key.QUEUE);
		}
	}

	private static EndedAttempt attempt(String queue, String exception) {
		return new EndedAttempt(1, "mail", queue, 1, AttemptOutcome.FAILED, Duration.ZERO, Duration.ZERO, exception,
				null);
	}

	private Set<String> values(String meter, String tag) {
		return this.registry.get(meter)
			.meters()
			.stream()
			.map((found) -> String.valueOf(found.getId().getTag(tag)))
			.collect(Collectors.toSet());
	}

}
