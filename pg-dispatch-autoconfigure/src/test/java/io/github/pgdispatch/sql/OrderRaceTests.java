package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Ordering keys, while others have not committed yet or have been lost.
 */
class OrderRaceTests extends AbstractRunLogTests {

	private static final String ORDER = "ordering_key => 'o'";

	OrderRaceTests(TestDatabase database) {
		super(database);
	}

	@Test
	void jobThatIsHeldJustAsTheOneBeforeItEndsIsReleased() throws Exception {
		for (boolean holderIsFirst : new boolean[] { true, false }) {
			calls("h", ORDER);
			Node.Job running = this.node.claim(1, "h").get(0);
			calls("h", ORDER);
			try (Session holder = this.queue.app(); Session ender = this.queue.app()) {
				holder.run("BEGIN");
				Node other = new Node(holder);
				FutureTask<?> second;
				if (holderIsFirst) {
					assertThat(other.claim(1, "h")).isEmpty();
					second = Session.async(() -> new Node(ender, this.node).complete(running));
					awaitDoneOrBlocked(second, ender);
					holder.run("COMMIT");
					second.get();
				}
				else {
					ender.run("BEGIN");
					assertThat(new Node(ender, this.node).complete(running)).isTrue();
					second = Session.async(() -> other.claim(1, "h"));
					awaitDoneOrBlocked(second, holder);
					ender.run("COMMIT");
					second.get();
					holder.run("ROLLBACK");
				}
			}
			awaitClaimAndComplete();
		}
	}

	private void awaitClaimAndComplete() {
		await().until(() -> {
			this.app.work();
			List<Node.Job> claimed = this.node.claim(1, "h");
			this.node.complete(claimed);
			return !claimed.isEmpty();
		});
	}

	private void awaitDoneOrBlocked(FutureTask<?> task, Session session) {
		await().until(() -> task.isDone() || "Lock"
			.equals(this.queue.value("SELECT wait_event_type FROM pg_stat_activity WHERE pid = " + session.pid())));
	}

	@Test
	void jobWhoseSessionIsLostKeepsItsPlaceAndThoseBehindItWait() throws Exception {
		this.app.run(dispatch(RunLog.wait("first"), ORDER));
		job("second", ORDER);
		try (Session gate = this.runLog.closeGate()) {
			Session worker = this.queue.app();
			FutureTask<Session.Drain> lost = Session.async(worker::work);
			this.runLog.awaitAtGate(1);
			assertThat(this.app.work().completed()).isZero();
			this.queue.kill(worker);
			await().until(lost::isDone);
			gate.close();
		}
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.runLog.runs()).containsExactly("first", "second");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobWhoseNodeIsLostKeepsItsPlaceAndThoseBehindItWait() throws SQLException {
		String first = calls("h", ORDER);
		calls("h", ORDER);
		Node lost = new Node(this.app);
		lost.claim(1, "h");
		assertThat(this.node.claim(5, "h")).isEmpty();
		lost.freeze();
		Node survivor = new Node(this.app, "1 ms");
		assertThat(survivor.claim(5, "h")).hasSize(1).first().extracting(Node.Job::id).hasToString(first);
	}

	@Test
	void openTransactionThatCancelledHoldsUpNoWorker() throws Exception {
		String first = job("first", ORDER);
		job("second", ORDER);
		job("free");
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			assertThat(open.value("SELECT pgdispatch.cancel(" + first + ")")).isEqualTo("cancelled");
			FutureTask<Session.Drain> worker = this.runLog.work();
			await().until(() -> this.runLog.runs().contains("free"));
			await().until(worker::isDone);
			open.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactly("free", "second");
	}

	@Test
	void openTransactionThatDeletedADeadLetterHoldsUpNoWorker() throws Exception {
		this.app.run(dispatch("SELECT 1/0", ORDER));
		this.app.work();
		job("second", ORDER);
		job("free");
		try (Session open = this.queue.app()) {
			open.run("BEGIN", "DELETE FROM pgdispatch.dead_letter");
			FutureTask<Session.Drain> worker = this.runLog.work();
			await().until(() -> this.runLog.runs().contains("free"));
			await().until(worker::isDone);
			open.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactly("free", "second");
	}

	@Test
	void nodesThatClaimCrosswiseDoNotDeadlock() throws Exception {
		calls("a", "ordering_key => 'x'");
		calls("b", "ordering_key => 'y'");
		calls("c", "ordering_key => 'y'");
		calls("d", "ordering_key => 'x'");
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			Node first = new Node(one);
			Node second = new Node(two);
			one.run("BEGIN");
			two.run("BEGIN");
			Node.Job running = first.claim(1, "a").get(0);
			assertThat(second.claim(1, "c")).isEmpty();
			FutureTask<?> crosswise = Session.async(() -> second.claim(1, "d"));
			awaitDoneOrBlocked(crosswise, two);
			first.claim(1, "b");
			one.run("COMMIT");
			crosswise.get();
			two.run("COMMIT");
			assertThat(first.complete(running)).isTrue();
		}
		await().until(() -> {
			this.app.work();
			this.node.complete(this.node.claim(5, "b", "c", "d"));
			return this.runLog.remains() == 0;
		});
	}

	@Test
	void cancellationThatFailsLeavesNothingLocked() throws Exception {
		String first = job("first", ORDER);
		job("second", ORDER);
		try (Session open = this.queue.app()) {
			open.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT FROM public.run");
			this.app.run("UPDATE pgdispatch.job SET crashes = crashes");
			open.error("SELECT pgdispatch.cancel(" + first + ")");
			open.run("ROLLBACK");
			assertThat(
					this.queue.values("SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = " + open.pid()))
				.isEmpty();
			FutureTask<Session.Drain> worker = this.runLog.work();
			await().until(worker::isDone);
		}
		assertThat(this.runLog.runs()).containsExactly("first", "second");
	}

}
