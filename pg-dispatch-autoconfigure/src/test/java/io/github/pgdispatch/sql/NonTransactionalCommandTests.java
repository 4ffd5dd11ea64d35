package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a driver is given to run outside of a transaction is what may be begun, and is not
 * cancelled at the same time.
 */
class NonTransactionalCommandTests extends AbstractRunLogTests {

	private static final String OUTSIDE = "transactional => false";

	NonTransactionalCommandTests(TestDatabase database) {
		super(database);
	}

	private String begin(Session session) throws SQLException {
		return session
			.value("SELECT concat_ws('|', id, attempt) FROM pgdispatch.begin_non_transactional() WHERE id IS NOT NULL");
	}

	private boolean isDue() throws SQLException {
		return this.app.value("SELECT pgdispatch.is_non_transactional_due()").equals("t");
	}

	@Test
	void commandThatHasFailedAndHoldsBackItsOrderIsNotBegunAgain() throws SQLException {
		String id = job("fails", OUTSIDE, "ordering_key => 'o'");
		this.app.work();
		assertThat(begin(this.app)).isEqualTo(id + "|1");
		assertThat(
				this.app.value("SELECT pgdispatch.end_non_transactional(" + id + ", 1, '22012', 'division by zero')"))
			.isEqualTo("dead");
		this.app.run("SELECT pg_advisory_unlock_all()");
		String behind = job("behind", OUTSIDE, "ordering_key => 'o'");
		this.app.work();
		assertThat(isDue()).isFalse();
		assertThat(begin(this.app)).isNull();
		assertThat(this.runLog.state(behind)).isEqualTo("held");
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		this.app.work();
		assertThat(begin(this.app)).isEqualTo(behind + "|1");
	}

	@Test
	void commandWhoseSessionIsLostIsNotBegunAgainInAPausedQueue() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q')");
		String id = job("command", OUTSIDE, "queue => 'q'");
		this.app.work();
		try (Session lost = this.queue.app()) {
			assertThat(begin(lost)).isEqualTo(id + "|1");
			this.app.run("SELECT pgdispatch.pause(queue => 'q')");
			this.queue.kill(lost);
			this.queue.awaitTrue("NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + lost.pid() + ")");
		}
		assertThat(isDue()).isFalse();
		assertThat(begin(this.app)).isNull();
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		assertThat(isDue()).isTrue();
		assertThat(begin(this.app)).isEqualTo(id + "|2");
	}

	@Test
	void commandThatIsAboutToBeBegunIsNotSaidToHaveBeenCancelledBefore() throws SQLException {
		String id = job("command", OUTSIDE);
		this.app.work();
		try (Session driver = this.queue.app()) {
			driver.run("BEGIN");
			assertThat(begin(driver)).isEqualTo(id + "|1");
			assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ", '100 milliseconds')"))
				.isEqualTo("interrupting");
			driver.run("COMMIT");
		}
	}

}
