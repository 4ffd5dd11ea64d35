package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A deadlock or a serialization failure is no attempt: the job is run again at once. Nor
 * is the failure of a job that needs another server which is not there: it is run again
 * later.
 */
class NotTheJobsFaultTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	NotTheJobsFaultTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	@ParameterizedTest
	@CsvSource({ "40001, prefetch => 1", "40001, prefetch => 50", "40001, prefetch => -49", "40P01, prefetch => 50",
			"40P01, prefetch => 100" })
	void firedJobIsRunAgainAtOnce(String sqlState, String prefetch) throws SQLException {
		this.app.fire(Queue.effect("before"));
		this.app.fire(this.jobs.failing(5, sqlState));
		this.app.fire(Queue.effect("after"));
		assertThat(this.app.work(prefetch).failed()).isZero();
		assertThat(this.jobs.runs()).isEqualTo(6);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("before", "failing", "after");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "40001", "40P01" })
	void itIsNotCounted(String sqlState) throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(5, sqlState) + "; SELECT 1/0", "max_attempts => 2",
				"back_off => '1 hour'");
		this.app.work();
		assertThat(this.jobs.runs()).isEqualTo(6);
		assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("snoozed|1");
	}

	@Test
	void jobThatNeverGetsThroughFailsInTheEnd() throws SQLException {
		this.jobs.dispatch(this.jobs.failing(10_000, "40001"), "max_attempts => 2", "back_off => '0'");
		assertThat(this.app.work().failed()).isOne();
		assertThat(this.jobs.runs()).isEqualTo(20);
		assertThat(this.jobs.deadLetters("sqlstate, attempts")).containsExactly("40001|2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "time_limit => '1 hour'" })
	void victimOfADeadlockIsRunAgainOnceTheOtherIsDone(String option) throws Exception {
		this.app.run("DROP TABLE IF EXISTS public.contended",
				"CREATE TABLE public.contended AS SELECT id, 0 AS n FROM generate_series(1, 2) AS id");
		String change = "UPDATE public.contended SET n = n + 1 WHERE id = ";
		String command = change + "1; " + change + "2; SELECT nextval('public.attempt')";
		this.jobs.failing(0, "40P01");
		try (Session other = this.queue.admin(); Session worker = this.queue.app()) {
			// Each looks for a deadlock once, after it has waited for a second.
			other.run("SET deadlock_timeout = '1h'", "BEGIN", change + 2);
			this.jobs.dispatch(command, option.isEmpty() ? new String[0] : new String[] { option });
			FutureTask<Session.Drain> drain = Session.async(worker::work);
			this.queue.awaitBlocked(worker);
			other.run(change + 1, "COMMIT");
			assertThat(drain.get().completed()).isOne();
		}
		assertThat(this.queue.values("SELECT n FROM public.contended")).containsExactly("2", "2");
		assertThat(this.jobs.runs()).isOne();
		assertThat(this.queue.deadLetters()).isZero();
	}

	/**
	 * The prefetch says whether the job runs alone or with others.
	 */
	@ParameterizedTest
	@CsvSource({ "08006, 1", "08001, 50", "57P01, 100", "57P03, -49", "53300, 50" })
	void serverThatIsNotThereCostsAFiredJobNoAttempt(String sqlState, int prefetch) throws SQLException {
		this.app.fire(Queue.effect("before"));
		this.app.fire(this.jobs.failing(10_000, sqlState));
		this.app.fire(Queue.effect("after"));
		this.app.work("prefetch => " + prefetch);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("before", "after");
		assertThat(this.app.value("SELECT concat_ws('|', attempts, crashes, outages, sqlstate,"
				+ " due_at > now() + '100 ms') FROM pgdispatch.managed_job"))
			.isEqualTo("0|0|1|" + sqlState + "|t");
		this.app.run("SELECT setval('public.attempt', 10000)");
		makeDue();
		this.app.work("prefetch => " + prefetch);
		assertThat(this.queue.effects()).contains("failing");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void serverThatNeverComesBackCostsAnAttemptInTheEnd() throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(10_000, "08006"), "max_attempts => 2", "back_off => '0'");
		int runs = 0;
		while (this.queue.deadLetters() == 0) {
			this.app.work();
			makeDue();
			runs++;
		}
		assertThat(runs).isEqualTo(21);
		assertThat(this.jobs.runs()).isEqualTo(22);
		assertThat(this.jobs.deadLetters("id, sqlstate, attempts, options"))
			.containsExactly(id + "|08006|2|{\"back_off\": \"00:00:00\", \"max_attempts\": 2}");
	}

	private void makeDue() throws SQLException {
		this.queue.run("BEGIN", "UPDATE pgdispatch.job SET due_at = now()",
				"UPDATE pgdispatch.managed_job SET due_at = now(), place = now(), rank = now()", "COMMIT");
	}

	@Test
	void whatANonTransactionalCommandDidMayBeLeftAndCounts() throws SQLException {
		long id = this.jobs.dispatch("VACUUM public.effect", "transactional => false");
		this.app.work();
		this.app.run("SELECT pgdispatch.begin_non_transactional()",
				"SELECT pgdispatch.end_non_transactional(" + id + ", 1, '08006', 'gone')");
		assertThat(this.jobs.deadLetters("id, sqlstate, attempts")).containsExactly(id + "|08006|1");
	}

}
