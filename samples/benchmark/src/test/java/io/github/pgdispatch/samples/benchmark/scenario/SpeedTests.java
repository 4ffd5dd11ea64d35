package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServerTest;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests that nothing has become slower by 30 %. Each figure is a ratio of two that were
 * measured in turn, so that the speed of the machine is no part of it. When somebody else
 * was busy on the machine, it is measured again.
 */
@PgCronTest
class SpeedTests extends BenchmarkServerTest {

	private static final Size SMALL = new Size(3, Duration.ofMillis(500), 0.2);

	/**
	 * What is 30 % slower is below, with some room for what the best of several attempts
	 * is above the usual.
	 */
	private static final double PART_OF_THE_USUAL = 0.8;

	private static final int ATTEMPTS = 5;

	@Test
	void toDispatchCostsLittleMoreThanARow() throws Exception {
		assertRatios(new CommitRate(List.of(PgDispatch.COMMAND, PgDispatch.METHOD), List.of()), 0.86, 0.85, 0.82);
	}

	@Test
	void commandsAreRunNearlyAsQuicklyAsByABareLoop() throws Exception {
		assertRatios(new CommandDrain(List.of()), 0.85);
	}

	/**
	 * How well the threads of a bare claim share many processors is another question.
	 */
	@Test
	void methodsAreRunNearlyAsQuicklyAsByABareClaim() throws Exception {
		assumeThat(Runtime.getRuntime().availableProcessors()).isLessThanOrEqualTo(4);
		// Fewer would be run before Java has compiled what runs them.
		assertRatios(new MethodDrain(List.of()), new Size(3, SMALL.slice(), 0.4), 0.85, 6.3);
	}

	@Test
	void manyThatWaitDoNotSlowDownTheOthers() throws Exception {
		assertRatios(new Backlog(), 0.97, 0.97);
	}

	@Test
	void anOldSnapshotDoesNotSlowThemDown() throws Exception {
		assertRatios(new OldSnapshot(), 0.96);
	}

	private void assertRatios(Scenario scenario, double... usual) throws Exception {
		assertRatios(scenario, SMALL, usual);
	}

	private void assertRatios(Scenario scenario, Size size, double... usual) throws Exception {
		double[] bounds = DoubleStream.of(usual).map((ratio) -> ratio * PART_OF_THE_USUAL).toArray();
		double[] best = new double[bounds.length];
		List<Line> lines = new ArrayList<>();
		for (int i = 0; i < ATTEMPTS && IntStream.range(0, best.length).anyMatch((j) -> best[j] < bounds[j]); i++) {
			lines.clear();
			scenario.run(server(), size, lines::add);
			assertThat(lines).hasSameSizeAs(bounds);
			for (int j = 0; j < best.length; j++) {
				best[j] = Math.max(best[j], lines.get(j).figure().median());
			}
		}
		for (int j = 0; j < best.length; j++) {
			assertThat(best[j]).as("Best ratio of several attempts, the last of which was %s", lines.get(j))
				.isGreaterThanOrEqualTo(bounds[j]);
		}
	}

}
