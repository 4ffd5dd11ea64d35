package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * No more jobs of a queue run at once than it is set to.
 */
class QueueLimitTests extends AbstractRunLogTests {

	private static final String QUEUE = "queue => 'q'";

	QueueLimitTests(TestDatabase database) {
		super(database);
	}

	private void set(String limits) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', " + limits + ")");
	}

	@Test
	void queueThatWasNotSetIsRefused() throws SQLException {
		assertThat(this.app.error(dispatch("SELECT 1", QUEUE)).getMessage()).contains("there is no queue q");
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void limitOfOneIsMutualExclusionOfConcurrentWorkers() throws Exception {
		set("concurrency => 1");
		for (int i = 0; i < 60; i++) {
			this.app.run(dispatch(RunLog.run("job " + i) + "; SELECT pg_sleep(0.001)", QUEUE));
		}
		this.runLog.drain(4);
		assertThat(this.runLog.runs()).hasSize(60).doesNotHaveDuplicates();
		assertThat(this.runLog.overlaps()).isZero();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void limitHoldsForCommandsAndHandlersTogether() throws Exception {
		set("concurrency => 2");
		this.app.run(dispatch(RunLog.wait("one"), QUEUE));
		calls("h", QUEUE);
		calls("h", QUEUE);
		job("two", QUEUE);
		try (Session gate = this.runLog.closeGate()) {
			FutureTask<Session.Drain> worker = this.runLog.work();
			this.runLog.awaitAtGate(1);
			List<Node.Job> claimed = this.node.claim(5, "h");
			assertThat(claimed).hasSize(1);
			assertThat(this.app.work().completed()).isZero();
			this.node.complete(claimed);
			assertThat(this.node.claim(5, "h")).hasSize(1);
			assertThat(this.app.work().completed()).isZero();
			gate.close();
			worker.get();
		}
		assertThat(this.runLog.runs()).containsExactly("one", "two");
	}

	@Test
	void raisedLimitLetsMoreRunAndALoweredOneFewer() throws SQLException {
		set("concurrency => 1");
		for (int i = 0; i < 10; i++) {
			calls("h", QUEUE);
		}
		List<Node.Job> running = new ArrayList<>(this.node.claim(10, "h"));
		assertThat(running).hasSize(1);
		set("concurrency => 4");
		this.app.work();
		running.addAll(this.node.claim(10, "h"));
		assertThat(running).hasSize(4);
		set("concurrency => 2");
		this.app.work();
		for (int left = 3; left >= 2; left--) {
			this.node.complete(running.remove(0));
			assertThat(this.node.claim(10, "h")).isEmpty();
		}
		this.node.complete(running.remove(0));
		assertThat(this.node.claim(10, "h")).hasSize(1);
	}

	@Test
	void jobsOfADroppedQueueRunWithoutItsLimits() throws SQLException {
		set("concurrency => 1");
		for (int i = 0; i < 5; i++) {
			calls("h", QUEUE);
		}
		assertThat(this.node.claim(10, "h")).hasSize(1);
		assertThat(this.app.value("SELECT pgdispatch.drop_queue('q')")).isEqualTo("t");
		this.app.work();
		assertThat(this.node.claim(10, "h")).hasSize(4);
		assertThat(this.app.value("SELECT pgdispatch.drop_queue('q')")).isEqualTo("f");
	}

	@Test
	void pausedQueueRunsNothingUntilItIsResumed() throws SQLException {
		set("concurrency => 2");
		this.app.run("SELECT pgdispatch.pause(queue => 'q')");
		String id = job("command", QUEUE);
		calls("h", QUEUE);
		job("free");
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.node.claim(10, "h")).isEmpty();
		assertThat(this.runLog.state(id)).isEqualTo("held");
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("free", "command");
		assertThat(this.node.claim(10, "h")).hasSize(1);
	}

	@Test
	void jobWhoseNodeIsLostIsNotBegunAgainInAPausedQueue() throws SQLException {
		set("concurrency => 1");
		String id = calls("h", QUEUE);
		Node.Job lost = this.node.claim(1, "h").get(0);
		this.node.freeze();
		this.app.run("SELECT pgdispatch.pause(queue => 'q')");
		Node survivor = new Node(this.app, "1 ms");
		assertThat(survivor.claim(10, "h")).isEmpty();
		assertThat(this.runLog.state(id)).isEqualTo("held");
		this.node.renew();
		assertThat(this.node.complete(lost)).isFalse();
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		this.app.work();
		assertThat(survivor.claim(10, "h")).hasSize(1);
		assertThat(this.queue.value("SELECT crashes FROM pgdispatch.handler_job")).isEqualTo("1");
	}

	@Test
	void jobWhoseSessionIsLostIsNotBegunAgainInAPausedQueue() throws Exception {
		set("concurrency => 1");
		String id = this.app.value(dispatch(RunLog.wait("job"), QUEUE));
		try (Session gate = this.runLog.closeGate(); Session worker = this.queue.app()) {
			FutureTask<Session.Drain> drain = Session.async(worker::work);
			this.runLog.awaitAtGate(1);
			this.app.run("SELECT pgdispatch.pause(queue => 'q')");
			this.queue.kill(worker);
			assertThat(drain).failsWithin(Duration.ofMinutes(1));
		}
		assertThat(this.app.work().completed()).isZero();
		assertThat(this.runLog.state(id)).isEqualTo("held");
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("job");
	}

	@Test
	void rateSpacesTheBeginnings() throws Exception {
		set("rate => 20");
		for (int i = 0; i < 10; i++) {
			job("job " + i, QUEUE);
		}
		String begin = this.queue.value("SELECT clock_timestamp()");
		this.runLog.drain(3);
		assertThat(this.runLog.runs()).hasSize(10);
		// The first one may leave its row long after it has begun.
		assertThat(this.queue.value("SELECT max(at) - '" + begin + "' > interval '440 ms' FROM public.run"))
			.isEqualTo("t");
	}

	@Test
	void rateGivesEachJobATimeOfItsOwn() throws SQLException {
		set("rate => 6, per => '1 hour'");
		for (int i = 0; i < 5; i++) {
			job("job " + i, QUEUE);
			calls("h", QUEUE);
		}
		assertThat(this.app.work().completed() + this.node.claim(10, "h").size()).isOne();
		assertThat(this.queue.values("""
				SELECT DISTINCT slot_at - lag(slot_at) OVER (ORDER BY slot_at)
				  FROM pgdispatch.managed_job WHERE NOT in_queue"""))
			.allMatch((gap) -> gap == null || gap.equals("00:10:00"));
		assertThat(this.queue.value("SELECT count(DISTINCT slot_at) FROM pgdispatch.managed_job")).isEqualTo("9");
	}

	@Test
	void failingOrRetriedJobsGiveTheirPlaceBack() throws SQLException {
		set("concurrency => 1");
		this.app.run(dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE, "max_attempts => 2"));
		job("last", QUEUE);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("last");
		calls("h", QUEUE);
		calls("h", QUEUE);
		Node.Job first = this.node.claim(5, "h").get(0);
		this.app.run(this.node.endSql(first, "true", "'1 hour'", 5));
		Node.Job second = this.node.claim(5, "h").get(0);
		assertThat(second.id()).isNotEqualTo(first.id());
		assertThat(this.node.fail(second)).isTrue();
		calls("h", QUEUE);
		assertThat(this.node.claim(5, "h")).hasSize(1);
	}

	@Test
	void lostSessionsAndNodesDoNotCostPlaces() throws Exception {
		set("concurrency => 1");
		this.app.run(dispatch(RunLog.wait("first"), QUEUE));
		calls("h", QUEUE);
		try (Session gate = this.runLog.closeGate()) {
			Session worker = this.queue.app();
			FutureTask<Session.Drain> lost = Session.async(worker::work);
			this.runLog.awaitAtGate(1);
			this.queue.kill(worker);
			await().until(lost::isDone);
			assertThat(this.node.claim(5, "h")).isEmpty();
			gate.close();
		}
		assertThat(this.app.work().completed()).isOne();
		Node lost = new Node(this.app);
		assertThat(lost.claim(5, "h")).hasSize(1);
		lost.freeze();
		job("last", QUEUE);
		assertThat(this.app.work().completed()).isZero();
		Node survivor = new Node(this.app, "1 ms");
		survivor.complete(survivor.claim(5, "h"));
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("first", "last");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void placeOfADeadNodeIsFreedThoughNobodyKnowsItsHandlerAnyMore(boolean handlersAreLeft) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		String unknown = calls("unknown", "queue => 'q'");
		Node dead = new Node(this.app, "1 ms");
		assertThat(dead.claim(1, "unknown")).hasSize(1);
		job("other", "queue => 'q'");
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		dead.freeze();
		pollInANewSession(handlersAreLeft);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("other");
		assertThat(this.runLog.state(unknown)).isEqualTo("waiting");
		assertThat(this.node.complete(this.node.claim(1, "unknown").get(0))).isTrue();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void placeOfALiveNodeIsNotFreed() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		calls("h", "queue => 'q'");
		Node.Job claimed = this.node.claim(1, "h").get(0);
		job("other", "queue => 'q'");
		pollInANewSession(false);
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		assertThat(this.node.complete(claimed)).isTrue();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("other");
	}

	@Test
	void queueOfSlowJobsLeavesAWorkerForQuickOnes() throws Exception {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		try (Session gate = this.runLog.closeGate()) {
			for (int i = 0; i < 5; i++) {
				this.app.run(dispatch(RunLog.wait("slow"), QUEUE));
			}
			FutureTask<Session.Drain> worker = this.runLog.work();
			this.runLog.awaitAtGate(1);
			job("quick");
			assertThat(this.app.work().completed()).isOne();
			assertThat(this.runLog.runs()).containsExactly("quick");
			gate.close();
			worker.get();
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).hasSize(6);
	}

	private void pollInANewSession(boolean forHandlers) throws SQLException {
		try (Session session = this.queue.app()) {
			session.run(forHandlers ? "SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{h}', false)"
					: "SELECT pgdispatch.poll_queue(1, false)");
		}
	}

}
