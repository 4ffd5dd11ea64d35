package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;

import io.github.pgdispatch.samples.benchmark.contender.CronContender;
import io.github.pgdispatch.test.PgCronServer;
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
	void allJobsAreRun(CronContender contender, PgCronServer server) throws InterruptedException {
		Burst.Result result = Burst.measure(server.database(), contender, 20, Duration.ofMinutes(1));
		assertThat(result.done()).isEqualTo(20);
		assertThat(result.rate()).isPositive();
	}

	@ParameterizedTest
	@EnumSource
	void whoeverIsTooSlowIsNotWaitedFor(CronContender contender, PgCronServer server) throws InterruptedException {
		Burst.Result result = Burst.measure(server.database(), contender, 20, Duration.ofMillis(1));
		assertThat(result.done()).isLessThan(20);
	}

}
