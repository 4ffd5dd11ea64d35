package io.github.pgdispatch.samples.benchmark.scenario;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServerTest;
import io.github.pgdispatch.samples.benchmark.peer.GraphileWorker;
import io.github.pgdispatch.samples.benchmark.peer.NodeJs;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That another process tells how quickly it runs jobs.
 */
@PgCronTest
class GraphileWorkerDrainTests extends BenchmarkServerTest {

	@Test
	void rateIsThatOfTheProcess() {
		NodeJs.require();
		int jobs = 1000;
		long start = System.nanoTime();
		double rate = GraphileWorkerDrain.rate(server(), jobs, GraphileWorker.EMPTY);
		double seconds = (System.nanoTime() - start) / 1e9;
		// It leaves out the dispatches, its start and its warm-up.
		assertThat(rate).isBetween(jobs / seconds, 1e6);
	}

}
