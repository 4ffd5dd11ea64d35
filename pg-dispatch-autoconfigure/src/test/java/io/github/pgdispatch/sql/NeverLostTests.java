package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Once a transaction that fired has committed, its job is run, however that commit falls
 * between what workers do.
 */
class NeverLostTests extends AbstractQueueTests {

	NeverLostTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void drainFindsWhatIsCommittedBehindItsPosition(String isolation) throws Exception {
		try (Session late = this.queue.app()) {
			late.run("BEGIN ISOLATION LEVEL " + isolation);
			late.fire(Queue.effect("late"));
			this.app.fire("SELECT pg_advisory_xact_lock(1); " + Queue.effect("early"));
			this.queue.run("SELECT pg_advisory_lock(1)");
			FutureTask<Session.Drain> drain = Session.async(this.app::work);
			this.queue.awaitBlocked(this.app);
			late.run("COMMIT");
			this.queue.run("SELECT pg_advisory_unlock(1)");
			assertThat(drain.get().completed()).isEqualTo(2);
		}
		assertThat(this.queue.effects()).containsExactly("early", "late");
	}

	@Test
	void nextCallFindsWhatIsCommittedBehindThePositionOfTheLast() throws SQLException {
		try (Session late = this.queue.app()) {
			late.run("BEGIN");
			late.fire(Queue.effect("late"));
			this.app.fire(Queue.effect("early"));
			this.app.fire(Queue.effect("early"));
			String position = this.app.value("SELECT format('after_due_at => %L, after_id => %s', due_at, id) "
					+ "FROM pgdispatch.job ORDER BY due_at DESC, id DESC LIMIT 1");
			assertThat(this.app.work().completed()).isEqualTo(2);
			late.run("COMMIT");
			assertThat(this.app.work(position).completed()).isOne();
		}
	}

	@Test
	void drainThatDoesNotEndFindsWhatIsCommittedBehindItsPosition() throws Exception {
		try (Session late = this.queue.app()) {
			late.run("BEGIN");
			late.fire(Queue.effect("late"));
			this.app.run("""
					CREATE PROCEDURE public.go_on() LANGUAGE plpgsql AS $$
					BEGIN
						IF NOT EXISTS (SELECT FROM public.effect WHERE job = 'stop') THEN
							PERFORM pg_sleep(0.001);
							PERFORM pgdispatch.fire('CALL public.go_on()');
						END IF;
					END $$""");
			this.app.fire("CALL public.go_on()");
			this.app.fire("CALL public.go_on()");
			FutureTask<Session.Drain> drain = Session.async(this.app::work);
			await().until(() -> this.queue.value("SELECT last_value > 20 FROM pgdispatch.job_id_seq").equals("t"));
			late.run("COMMIT");
			await().until(() -> this.queue.effects().contains("late"));
			assertThat(drain.isDone()).isFalse();
			late.run(Queue.effect("stop"));
			assertThat(drain.get().drained()).isTrue();
		}
	}

	@Test
	void preparedTransactionIsWaitedFor() throws SQLException {
		try (Session driver = this.queue.app()) {
			this.app.run("BEGIN");
			this.app.fire(Queue.effect("prepared"));
			this.app.run("PREPARE TRANSACTION 'never_lost'");
			assertThat(driver.work().completed()).isZero();
			assertThat(driver.value("SELECT idle FROM pgdispatch.poll_queue(1, true)")).isEqualTo("f");
			this.app.run("COMMIT PREPARED 'never_lost'");
			assertThat(driver.value("SELECT due FROM pgdispatch.poll_queue(1, true) WHERE idle")).isEqualTo("1");
			assertThat(driver.work().completed()).isOne();
		}
	}

	@Test
	void jobOfAWorkerThatIsStillRunningIsLeftToItAndTakenOverWhenItDies() throws Exception {
		try (Session other = this.queue.app()) {
			this.queue.run("SELECT pg_advisory_lock(1)");
			this.app.fire("SELECT pg_advisory_xact_lock_shared(1); " + Queue.effect("taken over"));
			FutureTask<Session.Drain> drain = Session.async(this.app::work);
			this.queue.awaitBlocked(this.app);
			assertThat(other.work().drained()).isTrue();
			this.queue.kill(this.app);
			assertThat(drain).failsWithin(Duration.ofMinutes(1));
			this.queue.run("SELECT pg_advisory_unlock(1)");
			assertThat(other.work().completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly("taken over");
	}

}
