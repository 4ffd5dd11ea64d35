package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.report.Line;

/**
 * Something that is measured.
 */
public interface Scenario {

	/**
	 * Measures it.
	 * @param server on which
	 * @param size how much of it
	 * @param lines takes what came of it, as soon as it is there
	 * @throws Exception if it cannot be measured
	 */
	void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception;

	/**
	 * Adds what is measured next.
	 * @param next is measured after this
	 * @return both, as one
	 */
	default Scenario andThen(Scenario next) {
		return (server, size, lines) -> {
			run(server, size, lines);
			next.run(server, size, lines);
		};
	}

}
