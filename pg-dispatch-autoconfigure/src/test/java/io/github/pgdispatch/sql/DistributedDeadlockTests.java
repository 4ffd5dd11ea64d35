package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.CitusStandIn;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Citus ends a deadlock over several nodes by cancelling a statement. In a database that
 * has Citus, of which a stand-in is there, a cancellation that nobody here has asked for
 * is therefore taken for a deadlock: the job is run again at once.
 */
class DistributedDeadlockTests extends AbstractQueueTests {

	private static final String CANCELLED = "57014";

	private ManagedJobs jobs;

	DistributedDeadlockTests(TestDatabase database) {
		super(database);
	}

	@BeforeAll
	static void addCitus(TestDatabase database) {
		CitusStandIn.add(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 50, 100, -49 })
	void firedJobIsRunAgainAtOnce(int prefetch) throws SQLException {
		this.app.fire(Queue.effect("before"));
		this.app.fire(this.jobs.failing(5, CANCELLED));
		this.app.fire(Queue.effect("after"));
		assertThat(this.app.work("prefetch => " + prefetch).failed()).isZero();
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("before", "failing", "after");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void jobThatIsCancelledEachTimeFailsInTheEnd() throws SQLException {
		this.app.fire(this.jobs.failing(10_000, CANCELLED));
		assertThat(this.app.work().failed()).isOne();
		assertThat(this.jobs.runs()).isEqualTo(10);
		assertThat(this.jobs.deadLetters("sqlstate, attempts")).containsExactly(CANCELLED + "|1");
	}

	@Test
	void cancelEndsARunningJob() throws Exception {
		try (Session worker = this.queue.app()) {
			long id = this.jobs.dispatch("SELECT pg_sleep(600)");
			FutureTask<Session.Drain> drain = Session.async(worker::work);
			this.queue.awaitTrue("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = "
					+ worker.pid() + ")");
			assertThat(this.jobs.cancel(id)).isEqualTo("interrupted");
			assertThat(drain.get().completed()).isZero();
		}
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void timeLimitEndsAJob() throws Exception {
		try (Session worker = this.queue.app()) {
			this.jobs.dispatch("SELECT pg_sleep(600)", "time_limit => '200 ms'");
			FutureTask<Session.Drain> drain = Session.async(worker::work);
			this.queue.awaitTrue(
					"EXISTS (SELECT FROM pgdispatch.managed_job WHERE started_at + time_limit < clock_timestamp())");
			this.app.run("SELECT pgdispatch.poll_queue(100, false)");
			assertThat(drain.get().failed()).isOne();
		}
		assertThat(this.jobs.deadLetters("sqlstate")).containsExactly("PD001");
	}

	@Test
	void statementTimeoutEndsAJob() throws SQLException {
		this.app.fire("SELECT pg_sleep(5)");
		this.app.run("SET statement_timeout = '300 ms'");
		assertThat(this.app.work().failed()).isOne();
		assertThat(this.jobs.deadLetters("sqlstate")).containsExactly(CANCELLED);
	}

	@Test
	void withoutCitusACancellationIsAFailure() throws SQLException {
		this.queue.run("UPDATE pg_extension SET extname = 'other' WHERE extname = 'citus'");
		try {
			this.app.fire(this.jobs.failing(1, CANCELLED));
			assertThat(this.app.work().failed()).isOne();
		}
		finally {
			this.queue.run("UPDATE pg_extension SET extname = 'citus' WHERE extname = 'other'");
		}
	}

}
