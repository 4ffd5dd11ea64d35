package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job that hangs does so alone.
 */
class HangingJobTests extends AbstractQueueTests {

	private static final String HANG = "SELECT pg_advisory_xact_lock_shared(1); " + Queue.effect("hanging");

	private Session other;

	HangingJobTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void hang() throws SQLException {
		this.other = this.queue.app();
		this.queue.run("SELECT pg_advisory_lock(1)");
	}

	@AfterEach
	void end() throws SQLException {
		this.other.close();
	}

	private void letGo() throws SQLException {
		this.queue.run("SELECT pg_advisory_unlock(1)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 50", "prefetch => 100" })
	void jobThatHangsInAChunkIsUndoneWhenTheDriverCancelsAndRunAloneInTheNextCall(String prefetch) throws Exception {
		this.app.fire(Queue.effect("first"));
		this.app.fire(HANG);
		this.app.fire(Queue.effect("last"));
		AtomicBoolean cancelled = new AtomicBoolean();
		FutureTask<Session.Drain> chunk = Session.async(() -> {
			Session.Drain drain;
			do {
				// Where the first job alone takes a chunk's time, the other is not in it.
				drain = this.app.work("slice => '1 hour'", prefetch);
			}
			while (!cancelled.get());
			return drain;
		});
		this.queue.awaitBlocked(this.app);
		// A driver cancels what takes long. What comes to nothing sooner than in a
		// chunk's
		// time is taken for a job that fails, and run alone in the same call.
		String blockedAt = this.queue.value("SELECT clock_timestamp()");
		this.queue.awaitTrue("clock_timestamp() > timestamptz '" + blockedAt + "' + interval '50 ms'");
		cancelled.set(true);
		this.queue.run("SELECT pg_cancel_backend(" + this.app.pid() + ")");
		assertThat(chunk.get().prefetch()).isOne();
		assertThat(chunk.get().drained()).isFalse();
		if (this.queue.effects().isEmpty()) {
			// A large chunk is undone as a whole.
			assertThat(this.app.work("slice => '0'", "prefetch => 1").completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly("first");

		FutureTask<Session.Drain> alone = Session.async(() -> this.app.work("slice => '1 hour'", "prefetch => 1"));
		this.queue.awaitBlocked(this.app);
		assertThat(this.other.work().drained()).isTrue();
		letGo();
		assertThat(alone.get().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("first", "last", "hanging");
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void jobThatIsCancelledAloneHasFailed() throws Exception {
		this.app.fire(HANG);
		this.app.fire(Queue.effect("last"));
		FutureTask<Session.Drain> drain = Session.async(this.app::work);
		this.queue.awaitBlocked(this.app);
		this.queue.run("SELECT pg_cancel_backend(" + this.app.pid() + ")");
		assertThat(drain.get().failed()).isOne();
		assertThat(this.queue.effects()).containsExactly("last");
		assertThat(this.queue.values("SELECT sqlstate FROM pgdispatch.dead_letter")).containsExactly("57014");
		letGo();
	}

	@Test
	void callWithASliceEndsWithTheJobThatIsRunningThen() throws Exception {
		this.app.fire(HANG);
		this.app.fire(HANG);
		FutureTask<Session.Drain> drain = Session.async(() -> this.app.work("slice => '1 us'"));
		this.queue.awaitBlocked(this.app);
		letGo();
		assertThat(drain.get().completed()).isOne();
		assertThat(drain.get().drained()).isFalse();
		assertThat(this.queue.jobs()).isOne();
	}

	@Test
	void callWithASliceRunsChunksOrOneSlowJobAlone() throws SQLException {
		for (int i = 0; i < 4; i++) {
			this.app.fire("SELECT pg_sleep(0.02)");
		}
		Session.Drain chunk = this.app.work("slice => '1 hour'", "prefetch => 4");
		assertThat(chunk.completed()).isOne();
		assertThat(chunk.prefetch()).isOne();
		assertThat(chunk.drained()).isFalse();
		Session.Drain alone = this.app.work("slice => '1 hour'", "prefetch => 1");
		assertThat(alone.completed()).isOne();
		assertThat(alone.prefetch()).isOne();
		assertThat(alone.drained()).isFalse();
	}

}
