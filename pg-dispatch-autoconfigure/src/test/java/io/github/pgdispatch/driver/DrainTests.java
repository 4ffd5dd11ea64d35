package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A drained node begins no job, and everything else goes on. Nothing is due to a poll.
 */
@PostgresTest
class DrainTests {

	private final List<HandlerNode> nodes = new ArrayList<>();

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (what text)").update();
	}

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> {
			node.bean(Methods.class).openGate();
			node.close();
		});
	}

	@Test
	void drainedNodeBeginsNothingUntilItIsResumed() {
		HandlerNode node = node();
		node.bean(PgDispatchNode.class).drain();
		assertThat(node.bean(PgDispatchNode.class).isDraining()).isTrue();
		awaitWatchers(0);
		dispatch("quick", 5);
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect VALUES (''fired'')')").query().singleValue();
		node.transaction().executeWithoutResult((status) -> {
			node.bean(Methods.class).quick();
			node.bean(PgDispatchTemplate.class).fire("INSERT INTO effect VALUES ('fired')");
		});
		await().during(Duration.ofMillis(500))
			.until(() -> count("pgdispatch.handler_job WHERE attempts = 0 AND claimed_by IS NULL") == 6
					&& count("pgdispatch.job") == 2);
		node.bean(PgDispatchNode.class).resume();
		assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
		await().until(() -> count("pgdispatch.handler_job") == 0 && count("pgdispatch.job") == 0);
		assertThat(node.bean(Methods.class).quickCount()).isEqualTo(6);
		assertThat(count("effect")).isEqualTo(2);
		dispatch("quick", 1);
		await().until(() -> node.bean(Methods.class).quickCount() == 7);
	}

	@Test
	void dispatchesOfADrainedNodeWakeOtherNodes() {
		HandlerNode drained = node();
		HandlerNode other = node();
		awaitWatchers(4);
		drained.bean(PgDispatchNode.class).drain();
		awaitRest();
		drained.transaction().executeWithoutResult((status) -> {
			drained.bean(Methods.class).quick();
			drained.bean(PgDispatchTemplate.class).fire("INSERT INTO effect VALUES ('fired')");
		});
		await().until(() -> other.bean(Methods.class).quickCount() == 1 && count("effect") == 1);
		assertThat(drained.bean(Methods.class).quickCount()).isZero();
	}

	@Test
	void runningJobsGoOnAndKeepTheirClaims() {
		HandlerNode drained = node("pgdispatch.worker.concurrency=1", "pgdispatch.worker.lease=1s");
		Methods methods = drained.bean(Methods.class);
		dispatch("gate", 1);
		await().until(() -> methods.runningCount() == 1);
		HandlerNode other = node();
		awaitWatchers(4);
		drained.bean(PgDispatchNode.class).drain();
		drained.transaction().executeWithoutResult((status) -> {
			for (int i = 0; i < 50; i++) {
				methods.quick();
			}
		});
		await().until(() -> other.bean(Methods.class).quickCount() == 50);
		// Longer than the lease, which is renewed.
		await().during(Duration.ofSeconds(2))
			.until(() -> methods.runningCount() == 1 && other.bean(Methods.class).runningCount() == 0);
		assertThat(methods.quickCount()).isZero();
		methods.openGate();
		await().until(() -> count("pgdispatch.handler_job") == 0);
		assertThat(methods.gatedCount()).isOne();
		assertThat(methods.interruptedCount()).isZero();
	}

	@Test
	void drainedNodeStopsAsAnyOtherAndStartsUndrained() {
		HandlerNode node = node("spring.lifecycle.timeout-per-shutdown-phase=1s");
		Methods methods = node.bean(Methods.class);
		dispatch("gate", 1);
		await().until(() -> methods.runningCount() == 1);
		node.bean(PgDispatchNode.class).drain();
		node.bean(HandlerDriver.class).stop();
		node.bean(ApplicationDriver.class).stop();
		await().until(() -> methods.interruptedCount() == 1);
		assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
		node.bean(PgDispatchNode.class).drain();
		assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
		node.bean(ApplicationDriver.class).start();
		node.bean(HandlerDriver.class).start();
		assertThat(node.bean(PgDispatchNode.class).isDraining()).isFalse();
		methods.openGate();
		await().until(() -> count("pgdispatch.handler_job") == 0);
	}

	@Test
	void nodeThatIsDrainedAndResumedAgainAndAgainRunsEachJobOnce() {
		HandlerNode node = node("pgdispatch.worker.concurrency=4");
		PgDispatchNode drain = node.bean(PgDispatchNode.class);
		dispatch("quick", 2_000);
		this.jdbc
			.sql("""
					SELECT count(pgdispatch.dispatch('INSERT INTO effect VALUES (''fired'')')) FROM generate_series(1, 2000)""")
			.query()
			.singleValue();
		await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5)).until(() -> {
			drain.drain();
			drain.resume();
			return count("pgdispatch.handler_job") == 0 && count("pgdispatch.job") == 0;
		});
		assertThat(node.bean(Methods.class).quickCount()).isEqualTo(2_000);
		assertThat(count("effect")).isEqualTo(2_000);
		assertThat(count("pgdispatch.dead_letter")).isZero();
	}

	private HandlerNode node(String... properties) {
		List<String> all = new ArrayList<>(List.of("pgdispatch.worker.poll-interval=10m"));
		all.addAll(List.of(properties));
		HandlerNode node = HandlerNode.start(this.database, Methods.class, all.toArray(String[]::new));
		this.nodes.add(node);
		return node;
	}

	private void dispatch(String handler, int count) {
		this.jdbc.sql("SELECT count(pgdispatch.dispatch_handler(?)) FROM generate_series(1, ?)")
			.params(handler, count)
			.query()
			.singleValue();
	}

	private int count(String from) {
		return this.jdbc.sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	/**
	 * Waits until so many drivers have looked at the queue and wait for notifications.
	 */
	private void awaitWatchers(int count) {
		await().until(() -> count("""
				pg_stat_activity
				 WHERE datname = current_database()
				   AND state = 'idle'
				   AND query ~ 'pgdispatch.poll_(handlers|queue)[(]'""") == count);
	}

	/**
	 * Waits until the drained node is gone, and the other one is notified instead.
	 */
	private void awaitRest() {
		awaitWatchers(2);
		await().until(() -> count("""
				pg_locks
				 WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
				   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""") == 2);
	}

	static class Methods {

		private final AtomicInteger quick = new AtomicInteger();

		private final AtomicInteger running = new AtomicInteger();

		private final AtomicInteger gated = new AtomicInteger();

		private final AtomicInteger interrupted = new AtomicInteger();

		private final CountDownLatch gate = new CountDownLatch(1);

		@AfterCommitDispatch(name = "quick")
		void quick() {
			this.quick.incrementAndGet();
		}

		@AfterCommitDispatch(name = "gate")
		void gate() throws InterruptedException {
			this.running.incrementAndGet();
			try {
				assertThat(this.gate.await(1, TimeUnit.MINUTES)).isTrue();
				this.gated.incrementAndGet();
			}
			catch (InterruptedException ex) {
				this.interrupted.incrementAndGet();
				throw ex;
			}
			finally {
				this.running.decrementAndGet();
			}
		}

		void openGate() {
			this.gate.countDown();
		}

		int quickCount() {
			return this.quick.get();
		}

		int runningCount() {
			return this.running.get();
		}

		int gatedCount() {
			return this.gated.get();
		}

		int interruptedCount() {
			return this.interrupted.get();
		}

	}

}
