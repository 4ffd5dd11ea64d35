package io.github.pgdispatch.samples.benchmark;

import java.time.Duration;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That the benchmark measures what was done.
 */
@PgCronTest
class BurstTests {

	@ParameterizedTest
	@EnumSource
	void allJobsAreRun(Contender contender, PgCronHost host) throws InterruptedException {
		Burst.Result result = new Burst(contender, 20, Duration.ofMinutes(1)).run(host);
		assertThat(result.done()).isEqualTo(20);
		assertThat(result.rate()).isPositive();
	}

	@ParameterizedTest
	@EnumSource
	void whoeverIsTooSlowIsNotWaitedFor(Contender contender, PgCronHost host) throws InterruptedException {
		Burst.Result result = new Burst(contender, 20, Duration.ofMillis(1)).run(host);
		assertThat(result.done()).isLessThan(20);
	}

}
