package io.github.pgdispatch.samples.benchmark.scenario;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServerTest;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That what is measured is a kill, after which all events are sent.
 */
@PgCronTest
class KilledNodeTests extends BenchmarkServerTest {

	@ParameterizedTest
	@EnumSource(names = { "OUTBOX", "RESTARTED_REGISTRY" })
	void othersSendWhatTheKilledNodeHasLeft(Recovery recovery) throws Exception {
		AfterKill result = KilledNode.measure(server(), 600, recovery);
		assertThat(result.published()).isBetween(300L, 600L);
		assertThat(result.left()).isPositive();
		assertThat(result.lost()).isZero();
		assertThat(result.seconds()).isPositive();
	}

}
