package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.awaitility.Awaitility.await;

/**
 * How long it takes after the kill of a node until all events are sent that were
 * published, beside Spring Modulith's own registry. The node publishes and sends; it is
 * killed when half of its events are sent.
 */
public final class KilledNode implements Scenario {

	private static final int EVENTS = 10_000;

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		Map<Recovery, List<AfterKill>> results = new EnumMap<>(Recovery.class);
		Map<Recovery, Measurement> measurements = new LinkedHashMap<>();
		for (Recovery recovery : Recovery.values()) {
			measurements.put(recovery, () -> {
				AfterKill result = measure(server, size.of(EVENTS), recovery);
				results.computeIfAbsent(recovery, (key) -> new ArrayList<>()).add(result);
				return result.seconds();
			});
		}
		Map<Recovery, Samples> seconds = size.rounds().measure(measurements).samples();
		seconds.forEach((recovery, samples) -> lines
			.accept(new Line("S19c", "from kill -9 of a node to the last of its events: " + recovery, samples, "s",
					null, AfterKill.sum(results.getOrDefault(recovery, List.of())))));
	}

	static AfterKill measure(BenchmarkServer server, int events, Recovery recovery) throws Exception {
		TestDatabase database = server.createDatabase();
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute("CREATE TABLE sent (number bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())");
		try (EventNode killed = EventNode.start(recovery, database, events)) {
			if (recovery.isBeside()) {
				try (EventNode other = EventNode.start(recovery, database, events)) {
					return measure(app, events, killed, () -> other);
				}
			}
			return measure(app, events, killed, () -> EventNode.start(recovery, database, events));
		}
		finally {
			server.drop(database);
		}
	}

	private static AfterKill measure(JdbcTemplate app, int events, EventNode killed, Other other) throws Exception {
		killed.publish();
		await("half of the events").atMost(PATIENCE)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> Background.count(app, "sent") >= events / 2);
		Instant kill = Instant.now();
		killed.kill();
		try (EventNode survivor = other.node()) {
			Instant end = kill.plus(PATIENCE);
			while (AfterKill.read(app, kill).lost() > 0 && Instant.now().isBefore(end)) {
				Thread.sleep(100);
			}
			// What is sent once more may be sent later.
			survivor.end();
			return AfterKill.read(app, kill);
		}
	}

	private interface Other {

		EventNode node() throws Exception;

	}

}
