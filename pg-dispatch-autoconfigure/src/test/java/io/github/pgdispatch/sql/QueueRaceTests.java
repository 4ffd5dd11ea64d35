package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static io.github.pgdispatch.sql.RunLog.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Queues, while others have not committed yet.
 */
class QueueRaceTests extends AbstractRunLogTests {

	private static final String QUEUE = "queue => 'q'";

	QueueRaceTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void setQueue() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "set_queue('q', concurrency => 5)", "set_queue('q', rate => 1000)", "pause(queue => 'q')",
			"resume(queue => 'q')", "drop_queue('q')" })
	void openTransactionThatSetsAQueueHoldsUpNoWorker(String call) throws Exception {
		if (call.contains("rate")) {
			this.app.run("SELECT pgdispatch.set_queue('q', rate => 10000)");
		}
		job("in the queue", QUEUE);
		job("free");
		try (Session open = this.queue.app()) {
			open.run("BEGIN", "SELECT pgdispatch." + call);
			FutureTask<Session.Drain> worker = this.runLog.work();
			await().until(() -> this.runLog.runs().contains("free"));
			await().until(worker::isDone);
			open.run("COMMIT");
		}
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactlyInAnyOrder("free", "in the queue");
	}

	@Test
	void jobThatWaitsForWhoeverHasDispatchedWithItsKeyDoesNotKeepOthersOfItsQueueWaiting() throws Exception {
		String id = job("with key", QUEUE, "key => 'k'");
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			assertThat(job(open, "with key", "key => 'k'")).isEqualTo(id);
			job("second", QUEUE);
			job("third", QUEUE);
			this.app.work();
			assertThat(this.runLog.runs()).containsExactly("second", "third");
			open.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).endsWith("with key");
	}

	@ParameterizedTest
	@ValueSource(strings = { "COMMIT", "ROLLBACK" })
	void whoReplacesAHeldJobHoldsUpNobodyOfTheQueue(String end) throws Exception {
		calls("h", QUEUE);
		Node.Job running = this.node.claim(1, "h").get(0);
		job("replaced", QUEUE, "key => 'k'");
		job("second", QUEUE);
		this.app.work();
		try (Session open = this.queue.app()) {
			open.run("BEGIN", dispatch(run("replacing"), QUEUE, "key => 'k'", "on_duplicate => 'replace'"));
			this.app.run("SET lock_timeout = '5s'");
			this.node.complete(running);
			this.app.work();
			assertThat(this.runLog.runs()).containsExactly("second");
			open.run(end);
		}
		this.runLog.drain(2);
		assertThat(this.runLog.runs()).containsExactly("second", end.equals("COMMIT") ? "replacing" : "replaced");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void nodesThatCompleteCrosswiseDoNotDeadlock() throws Exception {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2)",
				"SELECT pgdispatch.set_queue('r', concurrency => 2)");
		for (String queue : List.of("q", "r", "r", "q")) {
			calls("h", "queue => '" + queue + "'");
		}
		job("in q", "queue => 'q'");
		job("in r", "queue => 'r'");
		List<Node.Job> jobs = this.node.claim(4, "h");
		this.app.work();
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			one.run("BEGIN");
			two.run("BEGIN");
			new Node(one, this.node).complete(jobs.get(0));
			new Node(two, this.node).complete(jobs.get(2));
			FutureTask<?> crosswise = Session.async(() -> new Node(two, this.node).complete(jobs.get(3)));
			assertThat(new Node(one, this.node).complete(jobs.get(1))).isTrue();
			one.run("COMMIT");
			crosswise.get();
			two.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactlyInAnyOrder("in q", "in r");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobThatIsHeldJustAsThePlaceBecomesFreeIsReleased() throws Exception {
		calls("h", QUEUE);
		Node.Job running = this.node.claim(1, "h").get(0);
		calls("h", QUEUE);
		try (Session holder = this.queue.app(); Session ender = this.queue.app()) {
			holder.run("BEGIN");
			assertThat(new Node(holder).claim(1, "h")).isEmpty();
			FutureTask<Boolean> ending = Session.async(() -> new Node(ender, this.node).complete(running));
			await().until(() -> ending.isDone() || this.queue
				.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = " + ender.pid() + ")")
				.equals("t"));
			holder.run("COMMIT");
			assertThat(ending.get()).isTrue();
		}
		await().until(() -> {
			this.app.work();
			return !this.node.claim(1, "h").isEmpty();
		});
	}

}
