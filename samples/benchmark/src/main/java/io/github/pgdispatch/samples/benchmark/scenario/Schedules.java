package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.SpecialPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Figures;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.peer.Peers;
import io.github.pgdispatch.samples.benchmark.peer.RecurringTasks;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

import static org.awaitility.Awaitility.await;

/**
 * How late the jobs of many schedules start that are due at the same time, beside
 * recurring tasks of db-scheduler.
 */
public final class Schedules implements Scenario {

	private static final int SCHEDULES = 10_000;

	private static final Duration LEAD = Duration.ofSeconds(4);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		int schedules = size.of(SCHEDULES);
		Map<Contender, Function<Instant, Contender>> all = new LinkedHashMap<>();
		for (PgDispatch ours : PgDispatch.values()) {
			all.put(ours, (dueAt) -> SpecialPgDispatch.schedules(ours, dueAt));
		}
		all.put(Peers.DB_SCHEDULER, RecurringTasks::new);
		Figures<Contender> last = new Figures<>();
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		all.forEach((contender, dueAt) -> measurements.put(contender, () -> {
			Samples lateness = measure(server, schedules, dueAt);
			last.add(contender, lateness.quantile(0.99));
			return lateness.median();
		}));
		tell("p50", schedules, size.rounds().measure(measurements), lines);
		tell("p99", schedules, last.compare(), lines);
	}

	private static void tell(String name, int schedules, Comparison<Contender> lateness, Consumer<Line> lines) {
		for (PgDispatch ours : PgDispatch.values()) {
			lines.accept(new Line("S21",
					"%s from the due time of %,d schedules to the job: %s, against recurring tasks of %s"
						.formatted(name, schedules, ours, Peers.DB_SCHEDULER),
					lateness.ratios(ours, Peers.DB_SCHEDULER), "", null, "%,.0f ms against %,.0f ms"
						.formatted(lateness.of(ours).median(), lateness.of(Peers.DB_SCHEDULER).median())));
		}
	}

	/**
	 * Measures one contender, with time to make all schedules before they are due.
	 * @return the time from the due time to the row of each job, in milliseconds
	 */
	static Samples measure(BenchmarkServer server, int schedules, Function<Instant, Contender> contender) {
		Duration lead = LEAD.plusMillis(4L * schedules);
		Samples lateness = measure(server, schedules, contender, lead);
		while (lateness == null) {
			lead = lead.multipliedBy(2);
			lateness = measure(server, schedules, contender, lead);
		}
		return lateness;
	}

	/**
	 * Measures one contender.
	 * @return {@code null} if the schedules were due before all of them were there
	 */
	private static @Nullable Samples measure(BenchmarkServer server, int schedules,
			Function<Instant, Contender> contender, Duration lead) {
		TestDatabase database = server.createDatabase();
		Instant dueAt = Instant.now().plus(lead).truncatedTo(ChronoUnit.SECONDS);
		try (Arena arena = new Arena(database, contender.apply(dueAt), Arena.Body::insert)) {
			arena.application().start();
			arena.dispatchMany(schedules);
			if (Instant.now().isAfter(dueAt)) {
				return null;
			}
			await("the last job").atMost(Duration.ofMinutes(2))
				.pollInterval(Duration.ofMillis(50))
				.until(() -> Background.count(arena.jdbc(), "effect") >= schedules);
			List<Double> lateness = arena.jdbc()
				.queryForList("SELECT 1000.0 * extract(epoch FROM at - ?) FROM effect", Double.class,
						Timestamp.from(dueAt));
			return new Samples(lateness);
		}
		finally {
			server.drop(database);
		}
	}

}
