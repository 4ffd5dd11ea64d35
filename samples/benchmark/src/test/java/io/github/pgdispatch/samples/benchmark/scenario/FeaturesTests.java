package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServerTest;
import io.github.pgdispatch.samples.benchmark.peer.NodeJs;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That schedules, batches, steps and fair queues, and what they are compared to, do what
 * is measured. Each measurement fails if jobs are left or if there is another number of
 * rows than it expects.
 */
@PgCronTest
class FeaturesTests extends BenchmarkServerTest {

	private static final Size TINY = new Size(1, Duration.ofMillis(100), 0.005);

	static Stream<Scenario> scenarios() {
		return Stream.of(new Schedules(), new Batches(), new SteppedDrain(), new FairQueue());
	}

	@ParameterizedTest
	@MethodSource("scenarios")
	void allAreRunAndCompared(Scenario scenario) throws Exception {
		NodeJs.require();
		List<Line> lines = new ArrayList<>();
		scenario.run(server(), TINY, lines::add);
		assertThat(lines).isNotEmpty().allSatisfy((line) -> assertThat(line.figure().lowest()).isPositive());
	}

}
