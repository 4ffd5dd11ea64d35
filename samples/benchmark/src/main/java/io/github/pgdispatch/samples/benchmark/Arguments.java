package io.github.pgdispatch.samples.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.samples.benchmark.peer.Peers;
import io.github.pgdispatch.samples.benchmark.scenario.Scenario;
import io.github.pgdispatch.samples.benchmark.scenario.Size;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for, in any order.
 *
 * @param size {@code full}, or else short
 * @param url the address of a database with pg_cron, such as
 * {@code jdbc:postgresql://localhost/postgres}; {@code null} if a server is to be started
 * @param peers whom to compare to, such as {@code DB_SCHEDULER}; all of them if none is
 * named
 * @param scenarios what to run, such as {@code S1}; all of it if this is empty
 */
record Arguments(Size size, @Nullable String url, List<Peers> peers, List<String> scenarios) {

	static Arguments of(String... args) {
		List<String> left = new ArrayList<>(List.of(args));
		Size size = left.removeIf("full"::equals) ? Size.FULL : Size.SHORT;
		Optional<String> url = left.stream().filter((argument) -> argument.startsWith("jdbc:")).findFirst();
		url.ifPresent(left::remove);
		List<Peers> peers = Stream.of(Peers.values()).filter((peer) -> left.contains(peer.name())).toList();
		peers.forEach((peer) -> left.remove(peer.name()));
		return new Arguments(size, url.orElse(null), peers.isEmpty() ? List.of(Peers.values()) : peers,
				List.copyOf(left));
	}

	/**
	 * Chooses among all scenarios.
	 * @param all by their names
	 * @return those to run, in the order of all
	 * @throws IllegalArgumentException if one is named that there is not
	 */
	Map<String, Scenario> choose(Map<String, Scenario> all) {
		for (String scenario : this.scenarios) {
			if (!all.containsKey(scenario)) {
				throw new IllegalArgumentException("\"%s\" is not known: there are full, jdbc:postgresql://…, %s and %s"
					.formatted(scenario, String.join(", ", all.keySet()),
							Stream.of(Peers.values()).map(Enum::name).collect(Collectors.joining(", "))));
			}
		}
		Map<String, Scenario> chosen = new LinkedHashMap<>(all);
		if (!this.scenarios.isEmpty()) {
			chosen.keySet().retainAll(this.scenarios);
		}
		return chosen;
	}

}
