package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.TestDatabase;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Chaos of nodes that are connected directly.
 */
@PostgresTest
class HandlerChaosTests extends AbstractHandlerChaosTests {

	private static final Log logger = LogFactory.getLog(HandlerChaosTests.class);

	HandlerChaosTests() {
		super(6_000, 3);
	}

	@BeforeEach
	void prepare(TestDatabase database) {
		prepare(Route.direct(database));
	}

	@Test
	void anotherNodeTakesOverSoonAfterOneWasKilled(TestDatabase database) throws Exception {
		Duration soon = Duration.ofSeconds(5);
		try (HandlerNode other = HandlerNode.start(database, Effects.class, "node.name=other")) {
			assertThat(Attempts.shortest(soon, () -> takeOver(database, other))).isLessThanOrEqualTo(soon);
		}
	}

	private Duration takeOver(TestDatabase database, HandlerNode other) {
		database.jdbc("app").sql("TRUNCATE begun, gate, effect").update();
		try (JvmProcess killed = HandlerNode.startJvm(database, "killed", Effects.class)) {
			// The other one rests, and has no job that would let it look.
			other.bean(HandlerDriver.class).stop();
			dispatch("held", 1);
			await().until(() -> count("begun WHERE node = 'killed'") == 1);
			other.bean(HandlerDriver.class).start();
			awaitResting(database);
			assertThat(count("begun")).isOne();

			killed.kill();
			long began = System.nanoTime();
			await().pollInterval(Duration.ofMillis(20))
				.until(() -> count("begun WHERE node = 'other' AND attempt = 2") == 1);
			Duration duration = Duration.ofNanos(System.nanoTime() - began);
			logger.warn("Taken over after " + duration.toMillis() + " ms");
			openGate("other");
			awaitNoJob();
			assertThat(count("effect")).isOne();
			return duration;
		}
	}

	private static void awaitResting(TestDatabase database) {
		JdbcClient jdbc = database.jdbc("app");
		await().until(() -> jdbc.sql("SELECT pgdispatch.is_locked_exclusively(pgdispatch.idle_node_lock('app'))")
			.query(Boolean.class)
			.single());
	}

}
