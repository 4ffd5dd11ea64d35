package io.github.pgdispatch.samples.benchmark;

import java.time.Duration;
import java.util.Locale;

import io.github.pgdispatch.test.PgCronHost;

/**
 * Prints how long bursts of jobs take that pg_cron runs, as a table in Markdown.
 */
public final class Benchmark {

	private static final int[] BURSTS = { 1_000, 5_000, 31_000 };

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private Benchmark() {
	}

	/**
	 * Runs it.
	 * @param args not used
	 * @throws InterruptedException if it is to end
	 */
	public static void main(String[] args) throws InterruptedException {
		try (PgCronHost host = PgCronHost.find()
			.orElseThrow(() -> new IllegalStateException(
					"There is neither Docker, nor is this Debian or Ubuntu with you as root"))) {
			System.out.println("| jobs at once, run by pg_cron | | done | seconds | jobs/s |");
			System.out.println("|---|---|---|---|---|");
			for (int jobs : BURSTS) {
				for (Contender contender : Contender.values()) {
					System.out.println(row(new Burst(contender, jobs, PATIENCE).run(host)));
				}
			}
		}
	}

	private static String row(Burst.Result result) {
		return String.format(Locale.ROOT, "| %,d | %s | %,d | %.1f | %,.0f |", result.burst().jobs(),
				result.burst().contender(), result.done(), result.seconds(), result.rate());
	}

}
