package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.contender.BareLoop;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Rounds;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * How many jobs are both dispatched and run per second, while all clients dispatch at
 * full speed, and how many are left.
 */
public final class BothAtOnce implements Scenario {

	private static final int SECONDS = 60;

	/**
	 * Few, as each of them is long.
	 */
	private static final int ROUNDS = 3;

	private final List<? extends Contender> peers;

	public BothAtOnce(List<? extends Contender> peers) {
		this.peers = peers;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		Contender loop = new BareLoop();
		List<Contender> all = new ArrayList<>(List.of(PgDispatch.values()));
		all.add(loop);
		all.addAll(this.peers);
		Map<Contender, List<Double>> backlogs = new LinkedHashMap<>();
		Comparison<Contender> rates = ContenderMeasurement.compare(new Rounds(ROUNDS), all,
				(contender) -> measure(server, Duration.ofSeconds(size.of(SECONDS)), contender,
						backlogs.computeIfAbsent(contender, (key) -> new ArrayList<>())));
		tell(rates, backlogs, PgDispatch.COMMAND, loop, Target.atLeast(0.9), lines);
		if (!this.peers.isEmpty()) {
			Contender best = rates.highest(this.peers);
			tell(rates, backlogs, PgDispatch.COMMAND, best, Target.atLeast(1.4), lines);
			tell(rates, backlogs, PgDispatch.METHOD, best, Target.atLeast(1.05), lines);
			tell(rates, backlogs, PgDispatch.TRANSACTIONAL_METHOD, best, Target.atLeast(1.05), lines);
		}
		for (Contender ours : PgDispatch.values()) {
			lines.accept(new Line("S7", "part of the jobs that is left: " + ours,
					new Samples(backlogs.getOrDefault(ours, List.of())), "", Target.atMost(0.05), ""));
		}
	}

	private static void tell(Comparison<Contender> rates, Map<Contender, List<Double>> backlogs, Contender ours,
			Contender other, @Nullable Target target, Consumer<Line> lines) {
		lines.accept(new Line("S7", "jobs dispatched and run at once: " + ours + ", against " + other,
				rates.ratios(ours, other), "", target, rates.perSecond(ours, other) + ", which leaves %.0f %%"
					.formatted(100 * new Samples(backlogs.getOrDefault(other, List.of())).median())));
	}

	/**
	 * How many jobs are run while clients dispatch at full speed.
	 * @param backlogs takes the part of the jobs that is left
	 * @return jobs per second
	 */
	static double measure(BenchmarkServer server, Duration time, Contender contender, List<Double> backlogs)
			throws Exception {
		TestDatabase database = server.createDatabase();
		try (Arena arena = new Arena(database, contender, Arena.Body::insert)) {
			AtomicLong dispatched = new AtomicLong();
			arena.application().start();
			Size.clients().rate(time, () -> () -> arena.dispatch(dispatched.incrementAndGet()));
			long completed = Background.count(arena.jdbc(), "effect");
			backlogs.add(1 - (double) completed / dispatched.get());
			return completed * 1000.0 / time.toMillis();
		}
		finally {
			server.drop(database);
		}
	}

}
