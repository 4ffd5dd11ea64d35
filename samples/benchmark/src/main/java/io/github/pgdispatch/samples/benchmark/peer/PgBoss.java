package io.github.pgdispatch.samples.benchmark.peer;

import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.test.TestDatabase;

/**
 * pg-boss: a process in Node.js that dispatches and runs jobs which insert a row.
 *
 * @param database that has the table {@code effect}
 */
public record PgBoss(TestDatabase database) {

	public static final String TITLE = "pg-boss 12.38";

	private static final String PROGRAM = "worker.mjs";

	/**
	 * Returns whether it can be run here.
	 * @return whether {@code node} and {@code npm} are on the path
	 */
	public static boolean isAvailable() {
		return NodePackages.areAvailable();
	}

	/**
	 * Runs jobs, and one that depends on all of them.
	 * @param jobs how many
	 * @return how many are run per second, from the dispatch to the end of the last
	 */
	public double flow(int jobs) {
		return run("flow", jobs).get(0);
	}

	/**
	 * Runs jobs of a group while some of another one come. Half of the jobs that run at
	 * once may be of the same group.
	 * @param jobs that wait, of the one
	 * @param others that come, of the other
	 * @param everyMillis the time from one of those to the next
	 * @return how many are run per second, and then the delay of each of the others in
	 * milliseconds
	 */
	public List<Double> groups(int jobs, int others, long everyMillis) {
		return run("group", jobs, others, everyMillis);
	}

	private List<Double> run(String task, Number... settings) {
		String url = this.database.url().replace("jdbc:postgresql://", "postgresql://app@");
		String[] arguments = Stream
			.concat(Stream.of(url, task), Stream.of(settings).map((setting) -> setting.toString()))
			.toArray(String[]::new);
		String printed = NodePackages.install("pg-boss", PROGRAM).output(PROGRAM, arguments);
		return Stream.of(printed.trim().split(" ")).map(Double::valueOf).toList();
	}

}
