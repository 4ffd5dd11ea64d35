package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * How many transactions commit that dispatch a job, beside those that insert one more row
 * instead. Nobody runs the jobs.
 */
public final class CommitRate implements Scenario {

	private static final Target TARGET = Target.atLeast(0.85);

	private static final String DISPATCHING = "dispatching";

	private static final String ONE_MORE_ROW = "one more row";

	private static final String NOTHING_MORE = "nothing more";

	private final List<? extends Contender> ours;

	private final List<? extends Contender> peers;

	public CommitRate(List<? extends Contender> ours, List<? extends Contender> peers) {
		this.ours = ours;
		this.peers = peers;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		fire(server, size, lines);
		for (Contender contender : this.ours) {
			contender(server, size, lines, contender, TARGET);
		}
		for (Contender contender : this.peers) {
			contender(server, size, lines, contender, null);
		}
	}

	private static void fire(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		try (Sql node = new Sql(database, PgDispatch.ATTEND)) {
			node.act();
			Comparison<String> rates = size.rounds()
				.measure(Map.of(DISPATCHING, () -> rate(database, size, Sql.BUSINESS, Sql.FIRE), ONE_MORE_ROW,
						() -> rate(database, size, Sql.BUSINESS, Sql.ONE_MORE_ROW), NOTHING_MORE,
						() -> rate(database, size, Sql.BUSINESS)));
			lines.accept(line("`pgdispatch.fire` in SQL", rates, TARGET));
		}
		server.drop(database);
	}

	private static double rate(TestDatabase database, Size size, String... statements) throws Exception {
		return Size.clients().rate(size.slice(), () -> new Sql(database, statements));
	}

	private static void contender(BenchmarkServer server, Size size, Consumer<Line> lines, Contender contender,
			@Nullable Target target) throws Exception {
		TestDatabase database = server.createDatabase();
		AtomicLong numbers = new AtomicLong();
		try (Arena arena = new Arena(database, contender, Arena.Body::insert)) {
			Measurement dispatching = () -> dispatch(size, arena, numbers);
			// The virtual machine compiles for some ten seconds, which are more than the
			// first round.
			dispatching.measure();
			Comparison<String> rates = size.rounds()
				.measure(Map.of(DISPATCHING, dispatching, ONE_MORE_ROW,
						() -> Size.clients().rate(size.slice(), () -> arena::insertOneMore), NOTHING_MORE,
						() -> Size.clients().rate(size.slice(), () -> arena::insertBusiness)));
			lines.accept(line(contender.toString(), rates, target));
		}
		server.drop(database);
	}

	/**
	 * How many transactions commit that dispatch a job.
	 * @param numbers the last number that a job was given
	 * @return transactions per second
	 */
	static double dispatch(Size size, Arena arena, AtomicLong numbers) throws Exception {
		return Size.clients().rate(size.slice(), () -> () -> arena.dispatch(numbers.incrementAndGet()));
	}

	private static Line line(String who, Comparison<String> rates, @Nullable Target target) {
		return new Line("S1", "commits with one dispatch, against one more row: " + who,
				rates.ratios(DISPATCHING, ONE_MORE_ROW), "", target,
				"%,.0f/s; one more row: %,.0f/s; nothing more: %,.0f/s".formatted(rates.of(DISPATCHING).median(),
						rates.of(ONE_MORE_ROW).median(), rates.of(NOTHING_MORE).median()));
	}

}
