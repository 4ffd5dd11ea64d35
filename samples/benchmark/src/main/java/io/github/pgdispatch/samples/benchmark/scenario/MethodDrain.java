package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.BareClaim;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import org.jspecify.annotations.Nullable;

/**
 * How quickly one node runs methods that wait for it, beside a bare claim and others.
 */
public final class MethodDrain implements Scenario {

	private static final int JOBS = 20_000;

	private final List<? extends Contender> peers;

	public MethodDrain(List<? extends Contender> peers) {
		this.peers = peers;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		Contender bare = new BareClaim();
		Comparison<Contender> inserting = measure(server, size, PgDispatch.TRANSACTIONAL_METHOD, bare,
				Arena.Body::insert);
		lines.accept(line("a", "methods that insert a row", inserting, PgDispatch.TRANSACTIONAL_METHOD, bare,
				Target.atLeast(0.85)));
		Comparison<Contender> empty = measure(server, size, PgDispatch.METHOD, bare, Arena.Body::nothing);
		if (!this.peers.isEmpty()) {
			lines.accept(line("a", "methods that insert a row", inserting, PgDispatch.TRANSACTIONAL_METHOD,
					inserting.highest(this.peers), Target.atLeast(1.1)));
			lines.accept(
					line("b", "empty methods", empty, PgDispatch.METHOD, empty.highest(this.peers), Target.atLeast(3)));
		}
		lines.accept(line("b", "empty methods", empty, PgDispatch.METHOD, bare, null));
	}

	private Comparison<Contender> measure(BenchmarkServer server, Size size, Contender ours, Contender bare,
			Arena.Body body) throws Exception {
		List<Contender> all = new ArrayList<>(List.of(ours, bare));
		all.addAll(this.peers);
		return ContenderMeasurement.compare(size.rounds(), all,
				(contender) -> NodeDrain.rate(server, size.of(JOBS), contender, body));
	}

	private static Line line(String part, String what, Comparison<Contender> rates, Contender ours, Contender other,
			@Nullable Target target) {
		return new Line("S3" + part, what + " run by one node, against " + other, rates.ratios(ours, other), "", target,
				rates.perSecond(ours, other));
	}

}
