package io.github.pgdispatch.samples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgdispatch.samples.benchmark.peer.Peers;
import io.github.pgdispatch.samples.benchmark.scenario.Scenario;
import io.github.pgdispatch.samples.benchmark.scenario.Size;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ArgumentsTests {

	private static final Map<String, Scenario> SCENARIOS = scenarios("S1", "S2", "S10");

	@Test
	void withoutAnyAllIsMeasuredInShort() {
		Arguments arguments = Arguments.of();
		assertThat(arguments).isEqualTo(new Arguments(Size.SHORT, null, List.of(Peers.values()), List.of()));
		assertThat(arguments.choose(SCENARIOS)).isEqualTo(SCENARIOS);
	}

	@Test
	void takesThemInAnyOrder() {
		Arguments arguments = Arguments.of("S10", "MODULITH", "jdbc:postgresql://localhost/postgres", "S1", "full");
		assertThat(arguments.size()).isEqualTo(Size.FULL);
		assertThat(arguments.url()).isEqualTo("jdbc:postgresql://localhost/postgres");
		assertThat(arguments.peers()).containsExactly(Peers.MODULITH);
		assertThat(arguments.choose(SCENARIOS)).containsOnlyKeys("S1", "S10");
	}

	@Test
	void takesThoseOfTheReadme() throws IOException {
		Matcher command = Pattern.compile("run\\.arguments=\"(.*)\"").matcher(Files.readString(Path.of("README.md")));
		assertThat(command.find()).isTrue();
		assertThat(Arguments.of(command.group(1).split(" ")))
			.isEqualTo(new Arguments(Size.FULL, null, List.of(Peers.DB_SCHEDULER), List.of("S2", "S9")));
	}

	@Test
	void whatIsNotKnownIsRefusedWithWhatThereIs() {
		assertThatIllegalArgumentException().isThrownBy(() -> Arguments.of("S1", "quartz").choose(SCENARIOS))
			.withMessage("\"quartz\" is not known: there are full, jdbc:postgresql://…, S1, S2, S10 and DB_SCHEDULER, "
					+ "TRANSACTION_OUTBOX, NAMASTACK_OUTBOX, MODULITH, JOBRUNR");
	}

	private static Map<String, Scenario> scenarios(String... names) {
		Map<String, Scenario> scenarios = new LinkedHashMap<>();
		List.of(names).forEach((name) -> scenarios.put(name, (server, size, lines) -> {
		}));
		return scenarios;
	}

}
