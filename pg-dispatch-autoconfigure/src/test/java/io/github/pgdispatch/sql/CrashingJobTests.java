package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job that takes its session down is found out, and given up in the end.
 */
class CrashingJobTests extends AbstractQueueTests {

	private static final String CRASH = "SELECT pg_terminate_backend(pg_backend_pid())";

	CrashingJobTests(TestDatabase database) {
		super(database);
	}

	/**
	 * Drains the queue as a driver does.
	 * @return how many sessions were lost
	 */
	private int drive(String prefetch) throws SQLException {
		int lost = 0;
		while (true) {
			try (Session worker = this.queue.app()) {
				worker.work((lost > 0) ? "prefetch => -49" : prefetch);
				return lost;
			}
			catch (SQLException ex) {
				assertThat(ex.getSQLState()).isEqualTo("57P01");
				lost++;
				assertThat(lost).isLessThan(20);
			}
		}
	}

	@Test
	void jobThatKillsItsSessionIsGivenUpAndItsNeighboursRunOnce() throws SQLException {
		for (int i = 0; i < 20; i++) {
			this.app.fire((i == 10) ? CRASH : Queue.effect("job " + i));
		}
		assertThat(drive("prefetch => -49")).isEqualTo(5);
		assertThat(this.queue.effects()).hasSize(19).doesNotHaveDuplicates();
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.queue
			.values("SELECT concat_ws('|', command, sqlstate, crashes, message) " + "FROM pgdispatch.dead_letter"))
			.containsExactly(CRASH + "|58000|5|pgdispatch: 5 sessions were lost while they ran this job");
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 50", "prefetch => 100" })
	void lossThatNobodyExpectedCostsOneSessionMore(String prefetch) throws SQLException {
		this.app.fire(Queue.effect("first"));
		this.app.fire(CRASH);
		this.app.fire(Queue.effect("last"));
		assertThat(drive(prefetch)).isEqualTo(6);
		assertThat(this.queue.effects()).containsExactly("first", "last");
		assertThat(this.queue.deadLetters()).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 50", "prefetch => 100" })
	void severalSuchJobsAreGivenUpOneByOne(String prefetch) throws SQLException {
		this.app.fire(CRASH);
		this.app.fire(Queue.effect("between"));
		this.app.fire(CRASH);
		this.app.fire(Queue.effect("last"));
		assertThat(drive(prefetch)).isEqualTo(11);
		assertThat(this.queue.effects()).containsExactly("between", "last");
		assertThat(this.queue.deadLetters()).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 50", "prefetch => 100" })
	void suspiciousJobIsRunAloneByAnyWorkerAndItsCrashesAreKeptIfItFailsInTheEnd(String prefetch) throws SQLException {
		this.app.fire(Queue.effect("first"));
		this.app.fire("SELECT 1/0");
		this.app.fire(Queue.effect("last"));
		this.app.run("UPDATE pgdispatch.job SET crashes = 3");
		Session.Drain drain = this.app.work("slice => '1 hour'", prefetch);
		assertThat(drain.completed()).isZero();
		assertThat(drain.prefetch()).isOne();
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactly("first", "last");
		assertThat(this.queue.values("SELECT crashes || sqlstate FROM pgdispatch.dead_letter"))
			.containsExactly("322012");
	}

	@Test
	void workerThatWasCarefulEndsUpFast() throws SQLException {
		for (int i = 0; i < 10; i++) {
			this.app.fire("SELECT 1");
		}
		assertThat(this.app.work("slice => '1 hour'", "prefetch => -9").prefetch()).isOne();
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.app.values("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
			.isEmpty();
	}

}
