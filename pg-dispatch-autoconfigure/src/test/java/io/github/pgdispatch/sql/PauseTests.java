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

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is paused is not begun until it is resumed, and is not lost.
 */
class PauseTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	PauseTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void nothingIsBegunWhileEverythingIsPaused(String prefetch) throws SQLException {
		this.app.fire(Queue.effect("plain"));
		long id = this.jobs.dispatch(Queue.effect("managed"), "max_attempts => 3", "time_limit => '1 hour'");
		this.app.run("SELECT pgdispatch.pause()");
		this.app.fire(Queue.effect("late"));
		Session.Drain drain = this.app.work(prefetch);
		assertThat(drain.completed()).isZero();
		assertThat(drain.drained()).isTrue();
		assertThat(drain.nextDueIn()).isNull();
		assertThat(this.jobs.state(id)).isEqualTo("held");
		assertThat(this.app
			.value("SELECT due || coalesce(next_due_in::text, ' never') FROM pgdispatch.poll_queue(100, false)"))
			.isEqualTo("0 never");
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(this.jobs.state(id)).isEqualTo("waiting");
		assertThat(this.app.work(prefetch).completed()).isEqualTo(3);
		assertThat(this.queue.effects()).containsExactly("plain", "managed", "late");
	}

	@Test
	void whatRunsGoesOnAndWhatIsBehindItWaits() throws Exception {
		this.queue.run("SELECT pg_advisory_lock(1)");
		this.app.fire("SELECT pg_advisory_xact_lock_shared(1); " + Queue.effect("running"));
		this.app.fire(Queue.effect("behind"));
		try (Session worker = this.queue.app()) {
			FutureTask<Session.Drain> drain = Session.async(() -> worker.work("prefetch => 1"));
			this.queue.awaitBlocked(worker);
			this.app.run("SELECT pgdispatch.pause()");
			this.queue.run("SELECT pg_advisory_unlock(1)");
			assertThat(drain.get().completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly("running");
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(this.app.work().completed()).isOne();
	}

	@Test
	void pauseThatIsRolledBackIsNone() throws SQLException {
		this.app.fire(Queue.effect("job"));
		this.app.run("BEGIN", "SELECT pgdispatch.pause()", "ROLLBACK");
		assertThat(this.app.work().completed()).isOne();
	}

	@Test
	void otherRolesGoOn() throws SQLException {
		this.app.run("SELECT pgdispatch.pause()");
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		try (Session session = this.queue.session(other)) {
			session.fire("SELECT 1");
			assertThat(session.work().completed()).isOne();
			session.run("SELECT pgdispatch.resume()");
		}
		this.app.fire("SELECT 1");
		assertThat(this.app.work().completed()).isZero();
	}

	@Test
	void handlerIsPausedAlone() throws SQLException {
		Node node = new Node(this.app);
		dispatchToHandlers("a", "b");
		this.app.fire(Queue.effect("command"));
		this.app.run("SELECT pgdispatch.pause(handler => 'a')");
		assertThat(node.claim(10, "a", "b")).extracting(Node.Job::handler).containsExactly("b");
		assertThat(this.app.work().completed()).isOne();
		assertThat(watchHandlers("a")).isEqualTo("f");
		this.app.run("SELECT pgdispatch.resume(handler => 'a')");
		assertThat(watchHandlers("a")).isEqualTo("t");
		assertThat(node.claim(10, "a", "b")).extracting(Node.Job::handler).containsExactly("a");
	}

	@Test
	void handlerThatWasPausedByItselfStaysSoWhenEverythingIsResumed() throws SQLException {
		Node node = new Node(this.app);
		dispatchToHandlers("a", "b");
		this.app.run("SELECT pgdispatch.pause(handler => 'a')", "SELECT pgdispatch.pause()");
		assertThat(node.claim(10, "a", "b")).isEmpty();
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(node.claim(10, "a", "b")).extracting(Node.Job::handler).containsExactly("b");
	}

	@Test
	void pausesAndResumesMayBeRepeated() throws SQLException {
		this.app.run("SELECT pgdispatch.resume(), pgdispatch.pause(), pgdispatch.pause(), pgdispatch.pause('a')");
		assertThat(this.queue.values("SELECT handler FROM pgdispatch.pause ORDER BY handler")).containsExactly("", "a");
		this.app.run("SELECT pgdispatch.resume(), pgdispatch.resume(), pgdispatch.resume('a')");
		assertThat(this.queue.values("SELECT handler FROM pgdispatch.pause")).isEmpty();
	}

	@Test
	void restingDriversAreWokenWhenEverythingIsResumed() throws SQLException {
		this.app.run("SELECT pgdispatch.pause()");
		try (Session driver = this.queue.app()) {
			String channel = driver.value("SELECT pgdispatch.driver_channel('app')");
			String handlerChannel = driver.value("SELECT pgdispatch.node_channel('app')");
			driver.run("LISTEN " + channel, "LISTEN " + handlerChannel);
			assertThat(driver.value("SELECT idle FROM pgdispatch.poll_queue(100, true)")).isEqualTo("t");
			assertThat(driver.value("SELECT idle FROM pgdispatch.poll_handlers(md5('')::uuid, '{a}', true)"))
				.isEqualTo("t");
			this.app.run("SELECT pgdispatch.resume()");
			assertThat(notifications(driver)).containsExactlyInAnyOrder(channel, handlerChannel);
		}
	}

	private void dispatchToHandlers(String... handlers) throws SQLException {
		for (String handler : handlers) {
			this.app.run("SELECT pgdispatch.dispatch_handler('" + handler + "')");
		}
	}

	private String watchHandlers(String handler) throws SQLException {
		return this.app.value("SELECT due FROM pgdispatch.poll_handlers(md5('')::uuid, '{" + handler + "}', false)");
	}

}
