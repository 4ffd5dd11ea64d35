package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * To take its session down is an attempt, too: such a job is run alone from then on, and
 * given up in the end.
 */
class ManagedCrashTests extends AbstractQueueTests {

	private static final String CRASH = "SELECT pg_terminate_backend(pg_backend_pid())";

	private ManagedJobs jobs;

	ManagedCrashTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
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

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			time_limit => '1 hour'                    | prefetch => 50
			time_limit => '1 hour'                    | prefetch => 1
			max_attempts => 9                         | prefetch => 50
			max_attempts => 9                         | prefetch => -49
			max_attempts => 9, back_off => '0'        | prefetch => 50
			max_attempts => 9, back_off => '0'        | prefetch => 100
			result => 'count'                         | prefetch => 50
			""")
	void jobThatKillsItsSessionIsGivenUpAndItsNeighboursRunOnce(String options, String prefetch) throws SQLException {
		for (int i = 0; i < 10; i++) {
			this.app.fire(Queue.effect("plain " + i));
			this.jobs.dispatch(Queue.effect("managed " + i), options);
			if (i == 5) {
				this.jobs.dispatch(CRASH, options);
			}
		}
		assertThat(drive(prefetch)).isBetween(5, 6);
		assertThat(this.queue.effects()).hasSize(20).doesNotHaveDuplicates();
		assertThat(this.jobs.deadLetters("command, sqlstate, crashes, attempts, message"))
			.containsExactly(CRASH + "|58000|5|5|pgdispatch: 5 sessions were lost while they ran this job");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void firedJobThatKillsItsSessionHasHadAsManyAttempts() throws SQLException {
		this.app.fire(CRASH);
		drive("prefetch => -49");
		assertThat(this.jobs.deadLetters("sqlstate, crashes, attempts")).containsExactly("58000|5|5");
	}

	@ParameterizedTest
	@ValueSource(strings = { "max_attempts => 3", "max_attempts => 3, back_off => '0'" })
	void crashCountsAsAnAttempt(String options) throws SQLException {
		long id = this.jobs.dispatch(crashing(2) + "SELECT 1/0", options);
		assertThat(drive("prefetch => -49")).isEqualTo(2);
		assertThat(this.jobs.deadLetters("id, sqlstate, crashes, attempts")).containsExactly(id + "|22012|2|3");
	}

	@ParameterizedTest
	@ValueSource(strings = { "max_attempts => 9", "time_limit => '1 hour'" })
	void jobThatSurvivesInTheEndIsDoneOnce(String options) throws SQLException {
		this.jobs.dispatch(crashing(4) + Queue.effect("survivor"), options);
		assertThat(drive("prefetch => -49")).isEqualTo(4);
		assertThat(this.queue.effects()).containsExactly("survivor");
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	/**
	 * A job that was begun, and whose session is gone, is known to have crashed without
	 * any driver's suspicion.
	 */
	@Test
	void crashIsCountedByWhoeverRunsTheJobNext() throws SQLException {
		long id = this.jobs.dispatch(crashing(1) + "SELECT 1/0", "max_attempts => 5", "back_off => '1 hour'");
		assertThat(drive("prefetch => 50")).isOne();
		assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("snoozed|2");
		assertThat(this.queue.value("SELECT crashes FROM pgdispatch.managed_job")).isEqualTo("1");
	}

	/**
	 * Returns the beginning of a command that takes down its first sessions. What it
	 * counts by is no part of their transactions.
	 */
	private String crashing(int times) throws SQLException {
		this.jobs.failing(0, "00000");
		// What a sequence hands out is written with the next ones in advance.
		this.app.run("ALTER SEQUENCE public.attempt RESTART");
		return "SELECT CASE WHEN nextval('public.attempt') <= " + times
				+ " THEN pg_terminate_backend(pg_backend_pid()) END; ";
	}

}
