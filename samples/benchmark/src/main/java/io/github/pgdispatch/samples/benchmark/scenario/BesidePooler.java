package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.BareClaim;
import io.github.pgdispatch.samples.benchmark.contender.BareLoop;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.Pooled;
import io.github.pgdispatch.samples.benchmark.contender.PooledPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Rounds;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.TestDatabase;

/**
 * A node whose application is connected through PgBouncer and whose workers are connected
 * directly, beside one that is connected directly. The statements of a client pass
 * through one more process, on the same processors; so what is left of the rate is
 * compared to what is left of that of a bare client.
 */
public final class BesidePooler implements Scenario {

	private static final int METHODS = 20_000;

	private static final int COMMANDS = 500_000;

	/**
	 * More than elsewhere, as one round differs from another by more than the 5 % that
	 * are asked for.
	 */
	private static final Rounds ROUNDS = new Rounds(7);

	/**
	 * Each is short.
	 */
	private static final Rounds ROUNDS_OF_COMMANDS = new Rounds(15);

	private static final Target TARGET = Target.atLeast(0.95);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		PgBouncer pooler = server.startPooler();
		if (pooler == null) {
			System.err.println("S20 is left out, as PgBouncer is only started beside a server of the benchmark");
			return;
		}
		try (pooler) {
			lines.accept(commandsThatWait(server, size, pooler));
			for (PgDispatch ours : PgDispatch.values()) {
				Contender bare = (ours == PgDispatch.COMMAND) ? new BareLoop() : new BareClaim();
				if (ours != PgDispatch.COMMAND) {
					lines.accept(line("jobs run that waited", ours, bare, server, size, pooler,
							(contender) -> NodeDrain.rate(server, size.of(METHODS), contender, Arena.Body::insert)));
				}
				lines.accept(line("commits with one dispatch", ours, bare, server, size, pooler,
						(contender) -> commitRate(server, size, contender)));
				lines.accept(line("jobs dispatched and run at once", ours, bare, server, size, pooler,
						(contender) -> BothAtOnce.measure(server, size.slice().multipliedBy(2), contender,
								new ArrayList<>())));
			}
		}
	}

	/**
	 * Only the connection of the workers runs them.
	 */
	private static Line commandsThatWait(BenchmarkServer server, Size size, PgBouncer pooler) throws Exception {
		Contender direct = PgDispatch.COMMAND;
		Contender pooled = new PooledPgDispatch(PgDispatch.COMMAND, pooler, server.cronDatabase());
		Comparison<Contender> rates = measure(ROUNDS_OF_COMMANDS,
				(contender) -> NodeDrain.commandRate(server, size.of(COMMANDS), contender), direct, pooled);
		return new Line("S20", "jobs run that waited: " + pooled + ", against a direct connection",
				rates.ratios(pooled, direct), "", TARGET, rates.perSecond(pooled, direct));
	}

	private static Line line(String what, PgDispatch direct, Contender bare, BenchmarkServer server, Size size,
			PgBouncer pooler, ContenderMeasurement rate) throws Exception {
		Contender pooled = new PooledPgDispatch(direct, pooler, server.cronDatabase());
		Contender pooledBare = new Pooled(bare, pooler);
		Comparison<Contender> rates = measure(ROUNDS, rate, direct, pooled, bare, pooledBare);
		Samples left = rates.ratios(pooled, direct);
		Samples leftOfBare = rates.ratios(pooledBare, bare);
		return new Line("S20", what + ": what is left of the rate of " + pooled + ", against a " + bare,
				left.dividedBy(leftOfBare), "", TARGET, "%.2f against %.2f; %s, and %s".formatted(left.median(),
						leftOfBare.median(), rates.perSecond(pooled, direct), rates.perSecond(pooledBare, bare)));
	}

	private static double commitRate(BenchmarkServer server, Size size, Contender contender) throws Exception {
		TestDatabase database = server.createDatabase();
		try (Arena arena = new Arena(database, contender, Arena.Body::insert)) {
			return CommitRate.dispatch(size, arena, new AtomicLong());
		}
		finally {
			server.drop(database);
		}
	}

	private static Comparison<Contender> measure(Rounds rounds, ContenderMeasurement rate, Contender... contenders)
			throws Exception {
		return ContenderMeasurement.compare(rounds, List.of(contenders), rate);
	}

}
