package io.github.pgdispatch.samples.benchmark.contender;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServerTest;
import io.github.pgdispatch.samples.benchmark.peer.EventRegistry;
import io.github.pgdispatch.samples.benchmark.peer.GraphileWorker;
import io.github.pgdispatch.samples.benchmark.peer.ManagedPeer;
import io.github.pgdispatch.samples.benchmark.peer.NodeJs;
import io.github.pgdispatch.samples.benchmark.peer.Peers;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * That all who are compared do the same.
 */
@PgCronTest
class ContenderTests extends BenchmarkServerTest {

	static Stream<Contender> contenders() {
		return Stream
			.of(PgDispatch.values(), EventOutbox.values(), Peers.values(), ManagedPeer.values(),
					new Contender[] { new BareClaim(), new BareLoop(), EventRegistry.UNMONITORED,
							EventRegistry.MONITORED, new FewThreads(Peers.DB_SCHEDULER, 4) })
			.flatMap(Stream::of);
	}

	@ParameterizedTest
	@MethodSource("contenders")
	void jobsAreRunOnceAndNotBeforeTheyAreTo(Contender contender) {
		TestDatabase database = server().createDatabase();
		Queue<Long> run = new ConcurrentLinkedQueue<>();
		try (Arena arena = new Arena(database, contender, (jdbc, number) -> {
			Arena.Body.insert(jdbc, number);
			run.add(number);
		})) {
			arena.dispatchMany(20);
			assertThat(arena.application().waiting()).isEqualTo(20);
			assertThat(run).isEmpty();
			arena.application().start();
			for (int number = 20; number < 30; number++) {
				arena.dispatch(number);
			}
			await().atMost(ofMinutes(1)).until(() -> arena.application().waiting() == 0);
			arena.application().stop();
			assertThat(arena.jdbc().queryForList("SELECT number FROM effect ORDER BY number", Long.class))
				.containsExactlyElementsOf(Stream.iterate(0L, (number) -> number + 1).limit(30).toList());
			arena.dispatch(30);
			await().during(ofMillis(300)).until(() -> arena.application().waiting() == 1);
		}
	}

	@Test
	void jobsOfAnotherProcessAreToo() {
		NodeJs.require();
		jobsAreRunOnceAndNotBeforeTheyAreTo(GraphileWorker.INSERTING);
	}

}
