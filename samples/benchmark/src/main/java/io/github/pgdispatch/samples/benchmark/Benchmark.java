package io.github.pgdispatch.samples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.peer.Peers;
import io.github.pgdispatch.samples.benchmark.report.JsonReport;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.MarkdownReport;
import io.github.pgdispatch.samples.benchmark.report.SvgReport;
import io.github.pgdispatch.samples.benchmark.scenario.Backlog;
import io.github.pgdispatch.samples.benchmark.scenario.BothAtOnce;
import io.github.pgdispatch.samples.benchmark.scenario.Burst;
import io.github.pgdispatch.samples.benchmark.scenario.CommandDrain;
import io.github.pgdispatch.samples.benchmark.scenario.CommitRate;
import io.github.pgdispatch.samples.benchmark.scenario.CronLatency;
import io.github.pgdispatch.samples.benchmark.scenario.Growth;
import io.github.pgdispatch.samples.benchmark.scenario.Idle;
import io.github.pgdispatch.samples.benchmark.scenario.MethodDrain;
import io.github.pgdispatch.samples.benchmark.scenario.Nodes;
import io.github.pgdispatch.samples.benchmark.scenario.OldSnapshot;
import io.github.pgdispatch.samples.benchmark.scenario.PlainFire;
import io.github.pgdispatch.samples.benchmark.scenario.Scenario;
import io.github.pgdispatch.samples.benchmark.scenario.Size;
import io.github.pgdispatch.samples.benchmark.scenario.StartLatency;
import io.github.pgdispatch.samples.benchmark.scenario.StartUp;
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
	 * @param args {@code full}; the address of a database with pg_cron, if no server is
	 * to be started; and the scenarios to run, such as {@code S1}, all of them if there
	 * are none
	 * @throws Exception if something cannot be measured
	 */
	public static void main(String[] args) throws Exception {
		List<String> arguments = new ArrayList<>(List.of(args));
		Size size = arguments.remove("full") ? Size.FULL : Size.SHORT;
		Optional<String> url = arguments.stream().filter((argument) -> argument.startsWith("jdbc:")).findFirst();
		url.ifPresent(arguments::remove);
		List<Line> lines = url.isPresent() ? run(BenchmarkServer.at(url.get()), size, arguments) : run(size, arguments);
		write("results.json", new JsonReport().write(lines));
		write("results.svg", new SvgReport().draw(lines));
	}

	private static List<Line> run(Size size, List<String> only) throws Exception {
		try (PgCronHost host = PgCronHost.find()
			.orElseThrow(() -> new IllegalStateException(
					"There is neither Docker, nor is this Debian or Ubuntu with you as root"))) {
			return run(BenchmarkServer.start(host), size, only);
		}
	}

	private static List<Line> run(BenchmarkServer server, Size size, List<String> only) throws Exception {
		MarkdownReport report = new MarkdownReport();
		List<Line> lines = new ArrayList<>();
		try (server) {
			System.out.println(report.head());
			for (Map.Entry<String, Scenario> scenario : scenarios(List.of(Peers.values())).entrySet()) {
				if (only.isEmpty() || only.contains(scenario.getKey())) {
					scenario.getValue().run(server, size, (line) -> {
						lines.add(line);
						System.out.println(report.line(line));
					});
				}
			}
		}
		return lines;
	}

	private static Map<String, Scenario> scenarios(List<? extends Contender> peers) {
		Map<String, Scenario> scenarios = new LinkedHashMap<>();
		scenarios.put("S0", new PlainFire());
		scenarios.put("S1", new CommitRate(List.of(PgDispatch.COMMAND, PgDispatch.METHOD), peers));
		scenarios.put("S2", new CommandDrain(peers));
		scenarios.put("S3", new MethodDrain(peers));
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
		return scenarios;
	}

	private static void write(String name, String content) throws IOException {
		Files.createDirectories(FOLDER);
		Path file = Files.writeString(FOLDER.resolve(name), content);
		System.out.println("See " + file.toAbsolutePath());
	}

}
