package io.github.pgdispatch.samples.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.report.JsonReport;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.MarkdownReport;
import io.github.pgdispatch.samples.benchmark.report.SvgReport;
import io.github.pgdispatch.samples.benchmark.scenario.Backlog;
import io.github.pgdispatch.samples.benchmark.scenario.Batches;
import io.github.pgdispatch.samples.benchmark.scenario.BeingWatched;
import io.github.pgdispatch.samples.benchmark.scenario.BesidePooler;
import io.github.pgdispatch.samples.benchmark.scenario.BothAtOnce;
import io.github.pgdispatch.samples.benchmark.scenario.Burst;
import io.github.pgdispatch.samples.benchmark.scenario.CommandDrain;
import io.github.pgdispatch.samples.benchmark.scenario.CommitRate;
import io.github.pgdispatch.samples.benchmark.scenario.CronLatency;
import io.github.pgdispatch.samples.benchmark.scenario.GraphileWorkerDrain;
import io.github.pgdispatch.samples.benchmark.scenario.Externalization;
import io.github.pgdispatch.samples.benchmark.scenario.FairQueue;
import io.github.pgdispatch.samples.benchmark.scenario.Growth;
import io.github.pgdispatch.samples.benchmark.scenario.Idle;
import io.github.pgdispatch.samples.benchmark.scenario.KilledNode;
import io.github.pgdispatch.samples.benchmark.scenario.ManagedDrain;
import io.github.pgdispatch.samples.benchmark.scenario.MethodDrain;
import io.github.pgdispatch.samples.benchmark.scenario.Nodes;
import io.github.pgdispatch.samples.benchmark.scenario.OldSnapshot;
import io.github.pgdispatch.samples.benchmark.scenario.Scenario;
import io.github.pgdispatch.samples.benchmark.scenario.Schedules;
import io.github.pgdispatch.samples.benchmark.scenario.Size;
import io.github.pgdispatch.samples.benchmark.scenario.StartLatency;
import io.github.pgdispatch.samples.benchmark.scenario.StartUp;
import io.github.pgdispatch.samples.benchmark.scenario.VirtualThreads;
import io.github.pgdispatch.samples.benchmark.scenario.SteppedDrain;
import io.github.pgdispatch.test.PgCronHost;

/**
 * Prints how fast it is as a table in Markdown, and leaves it as JSON and as a picture,
 * too.
 */
public final class Benchmark {

	private static final Path FOLDER = Path.of("target", "benchmark");

	private Benchmark() {
	}

	/**
	 * Runs it.
	 * @param args what to run, all of it in short if there are none, see
	 * {@link Arguments}
	 * @throws Exception if something cannot be measured
	 */
	public static void main(String[] args) throws Exception {
		Locale.setDefault(Locale.ROOT);
		if (!hasFastestCompiler(ManagementFactory.getRuntimeMXBean().getInputArguments())) {
			System.err.println("The Java virtual machine was started with -XX:TieredStopAtLevel below 4: "
					+ "it does not compile for speed, so the figures are not those of an application");
		}
		Arguments arguments = Arguments.of(args);
		Map<String, Scenario> scenarios = arguments.choose(scenarios(arguments.peers()));
		List<Line> lines = new ArrayList<>();
		if (arguments.url() != null) {
			run(BenchmarkServer.at(arguments.url()), arguments.size(), scenarios.values(), lines);
		}
		else {
			try (PgCronHost host = PgCronHost.find()
				.orElseThrow(() -> new IllegalStateException(
						"There is neither Docker, nor is this Debian or Ubuntu with you as root"))) {
				run(BenchmarkServer.start(host), arguments.size(), scenarios.values(), lines);
			}
		}
		write("results.json", new JsonReport().write(lines));
		write("results.svg", new SvgReport().draw(lines));
	}

	static boolean hasFastestCompiler(List<String> jvmArguments) {
		return jvmArguments.stream().noneMatch((argument) -> argument.matches("-XX:TieredStopAtLevel=[0-3]"));
	}

	private static void run(BenchmarkServer server, Size size, Collection<Scenario> scenarios, List<Line> lines)
			throws Exception {
		MarkdownReport report = new MarkdownReport();
		try (server) {
			System.out.println(report.head());
			for (Scenario scenario : scenarios) {
				scenario.run(server, size, (line) -> {
					lines.add(line);
					System.out.println(report.line(line));
				});
			}
		}
	}

	private static Map<String, Scenario> scenarios(List<? extends Contender> peers) {
		Map<String, Scenario> scenarios = new LinkedHashMap<>();
		scenarios.put("S1", new CommitRate(List.of(PgDispatch.COMMAND, PgDispatch.METHOD), peers));
		scenarios.put("S2", new CommandDrain(peers));
		scenarios.put("S3", new MethodDrain(peers).andThen(new GraphileWorkerDrain()));
		scenarios.put("S4", new StartLatency(peers));
		scenarios.put("S5", new CronLatency());
		scenarios.put("S6", new Burst());
		scenarios.put("S7", new BothAtOnce(peers));
		scenarios.put("S8", new Backlog());
		scenarios.put("S9", new OldSnapshot());
		scenarios.put("S10", new Idle());
		scenarios.put("S11", new Growth());
		scenarios.put("S12", new StartUp());
		scenarios.put("S13", new Nodes());
		scenarios.put("S14", new BeingWatched());
		scenarios.put("S15", new ManagedDrain(peers));
		scenarios.put("S19", new Externalization().andThen(new KilledNode()));
		scenarios.put("S20", new BesidePooler());
		scenarios.put("S21", new Schedules());
		scenarios.put("S22", new Batches());
		scenarios.put("S23", new SteppedDrain());
		scenarios.put("S24", new FairQueue());
		scenarios.put("S25", new VirtualThreads());
		return scenarios;
	}

	private static void write(String name, String content) throws IOException {
		Files.createDirectories(FOLDER);
		Path file = Files.writeString(FOLDER.resolve(name), content);
		System.out.println("See " + file.toAbsolutePath());
	}

}
