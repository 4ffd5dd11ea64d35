package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.sql.Node.Job;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a node with nothing to do is told.
 */
class HandlerWatchTests extends AbstractQueueTests {

	private Session watch;

	HandlerWatchTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void start() throws SQLException {
		this.watch = this.queue.app();
	}

	@AfterEach
	void end() throws SQLException {
		this.watch.close();
	}

	private static String watch(Session session, String columns) throws SQLException {
		return watch(session, columns, "gen_random_uuid()", false);
	}

	private static String watch(Session session, String columns, String node, boolean rest) throws SQLException {
		return session.value("SELECT %s FROM pgdispatch.poll_handlers(%s, '{a,b}', %s)".formatted(columns, node, rest));
	}

	private void dispatch(String handler, String delay) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('" + handler + "', delay => '" + delay + "')");
	}

	@Test
	void nothingIsDue() throws SQLException {
		dispatch("c", "0");
		dispatch("c", "1 hour");
		assertThat(watch(this.watch, "(due, next_due_in, idle, notified, unknown)::text")).isEqualTo("(f,,f,f,{})");
	}

	@Test
	void jobIsDueUntilALiveNodeHasIt() throws SQLException {
		dispatch("b", "0");
		assertThat(watch(this.watch, "due")).isEqualTo("t");
		Node node = new Node(this.app);
		Job job = node.claim(1, "b").get(0);
		assertThat(watch(this.watch, "due")).isEqualTo("f");
		node.freeze();
		assertThat(watch(this.watch, "due")).isEqualTo("t");
		node.renew();
		assertThat(watch(this.watch, "due")).isEqualTo("f");
		node.release(job);
		assertThat(watch(this.watch, "due")).isEqualTo("t");
	}

	@Test
	void nextJobIsTheFirstOfThoseOfKnownHandlers() throws SQLException {
		dispatch("a", "2 hours");
		dispatch("b", "1 hour");
		dispatch("c", "1 minute");
		assertThat(watch(this.watch, "NOT due AND next_due_in BETWEEN '59 minutes' AND '1 hour'")).isEqualTo("t");
	}

	@Test
	void nextTimeToLookIsTheEndOfAnotherNodesLease() throws SQLException {
		dispatch("a", "2 hours");
		Node node = new Node(this.app, "30 minutes");
		node.renew();
		assertThat(watch(this.watch, "next_due_in BETWEEN '29 minutes' AND '30 minutes 1 second'")).isEqualTo("t");
		assertThat(watch(this.watch, "next_due_in BETWEEN '119 minutes' AND '2 hours'", "'" + node.id() + "'", false))
			.as("but not of its own")
			.isEqualTo("t");
	}

	@Test
	void leaseThatHoldsOnlySinceTheServerWasDownHasAnEndToo() throws SQLException {
		dispatch("a", "0");
		Node node = new Node(this.app,
				this.queue.value("SELECT clock_timestamp() - pg_postmaster_start_time() + '10 minutes'"));
		node.claim(1, "a");
		node.missServer("1 minute");
		assertThat(watch(this.watch, "NOT due AND next_due_in BETWEEN '9 minutes' AND '10 minutes 1 second'"))
			.isEqualTo("t");
	}

	@Test
	void handlersThatNobodySeemsToKnowAreTold() throws SQLException {
		for (String handler : new String[] { "a", "c", "d", "e" }) {
			dispatch(handler, "0");
			dispatch(handler, "0");
		}
		assertThat(watch(this.watch, "unknown")).isEqualTo("{}");
		this.app.run("UPDATE pgdispatch.handler_job SET due_at = now() - interval '20 seconds' WHERE handler = 'd'",
				"UPDATE pgdispatch.handler_job SET due_at = now() - interval '31 seconds' WHERE handler IN ('a', 'c', 'e')");
		assertThat(watch(this.watch, "unknown")).isEqualTo("{c,e}");
	}

	@Test
	void otherNodesHaveToKnowOfTheJobsOfTheirHandlers() throws SQLException {
		dispatch("a", "0");
		dispatch("c", "1 hour");
		assertThat(watch(this.watch, "others_due")).isEqualTo("f");
		dispatch("d", "0");
		assertThat(watch(this.watch, "others_due")).isEqualTo("t");
		this.app.run("UPDATE pgdispatch.handler_job SET due_at = now() - interval '31 seconds' WHERE handler = 'd'");
		assertThat(watch(this.watch, "others_due")).as("due for so long that no node seems to know its handler")
			.isEqualTo("f");
		dispatch("c", "0");
		Node node = new Node(this.app);
		assertThat(watch(this.watch, "others_due")).isEqualTo("t");
		node.claim(1, "c");
		assertThat(watch(this.watch, "others_due")).as("claimed by a live node").isEqualTo("f");
	}

	@Test
	void handlerWhoseJobsRunElsewhereIsKnown() throws SQLException {
		dispatch("c", "0");
		this.app.run("UPDATE pgdispatch.handler_job SET due_at = now() - interval '31 seconds'");
		Node node = new Node(this.app);
		node.claim(1, "c");
		assertThat(watch(this.watch, "unknown")).isEqualTo("{}");
		node.freeze();
		assertThat(watch(this.watch, "unknown")).isEqualTo("{c}");
	}

	@Test
	void oneRestsForAll() throws SQLException {
		try (Session other = this.queue.app()) {
			assertThat(rest(this.watch)).isEqualTo("(t,t)");
			assertThat(rest(other)).isEqualTo("(f,t)");
			assertThat(watch(other, "(idle, notified)")).isEqualTo("(f,f)");
			this.watch.run("SELECT pgdispatch.stop_idling_node()");
			assertThat(rest(other)).isEqualTo("(t,t)");
			assertThat(rest(other)).isEqualTo("(t,t)");
			other.run("SELECT pgdispatch.end_polling()");
			assertThat(rest(this.watch)).isEqualTo("(t,t)");
		}
	}

	private static String rest(Session session) throws SQLException {
		return watch(session, "(idle, notified)", "gen_random_uuid()", true);
	}

	@Test
	void nodesThatDiedLongAgoAreForgotten() throws SQLException {
		Node dead = new Node(this.app);
		dead.renew();
		dead.freeze();
		watch(this.watch, "due");
		assertThat(this.queue.values("SELECT id FROM pgdispatch.node")).containsExactly(dead.id());
		this.app.run("UPDATE pgdispatch.node SET expires_at = now() - interval '61 minutes'");
		watch(this.watch, "due");
		assertThat(this.queue.values("SELECT id FROM pgdispatch.node")).isEmpty();
	}

	@Test
	void nodeWhoseLeaseHoldsSinceTheServerWasDownIsNotForgotten() throws SQLException {
		dispatch("a", "0");
		Node node = new Node(this.app, "100 years");
		node.claim(1, "a");
		node.missServer("2 hours");
		assertThat(watch(this.watch, "due")).isEqualTo("f");
		assertThat(watch(this.watch, "due")).isEqualTo("f");
	}

	@Test
	void overflowNotifiesTheOthers() throws SQLException {
		String channel = this.watch.value("SELECT pgdispatch.node_channel('app')");
		this.watch.run("LISTEN " + channel);
		assertThat(notifyOverflow()).isEqualTo("f");
		this.app.run("SELECT pgdispatch.dispatch_handler('a', notify => false)");
		assertThat(notifyOverflow()).isEqualTo("t");
		assertThat(this.watch.notifications(Duration.ofMinutes(1))).containsExactly(channel);
	}

	private String notifyOverflow() throws SQLException {
		return this.app.value("SELECT pgdispatch.notify_overflow('{a}')");
	}

}
