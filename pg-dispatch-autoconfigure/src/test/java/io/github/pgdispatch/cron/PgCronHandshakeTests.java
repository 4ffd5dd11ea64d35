package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A dispatch and a worker that is about to go, each held where it matters. The tests do
 * what pg_cron would, which is switched off.
 */
@PgCronTest("cron.launch_active_jobs=off")
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class PgCronHandshakeTests {

	private final TestDatabase database;

	private final CronQueue queue;

	private final List<Session> sessions = new ArrayList<>();

	PgCronHandshakeTests(PgCronServer server) {
		this.database = server.database();
		this.queue = new CronQueue(this.database);
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	@AfterEach
	void logOut() throws SQLException {
		for (Session session : this.sessions) {
			session.close();
		}
	}

	@ParameterizedTest
	@EnumSource
	void whoeverIsReliedUponStaysUntilTheTransactionHasEnded(Isolation isolation) throws SQLException {
		Worker worker = attend();
		Session caller = fire(isolation);
		assertThat(this.queue.count("cron.job")).isOne();
		assertThat(worker.leaves()).isFalse();
		caller.run("COMMIT");
		assertThat(worker.leaves()).isFalse();
		worker.session().run("CALL pgdispatch.work()");
		assertThat(this.queue.effects()).containsExactly("job");
		assertThat(worker.leaves()).isTrue();
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@EnumSource
	void whoeverWasReliedUponByWhatIsRolledBackGoes(Isolation isolation) throws SQLException {
		Worker worker = attend();
		Session caller = fire(isolation);
		assertThat(worker.leaves()).isFalse();
		caller.run("ROLLBACK");
		assertThat(worker.leaves()).isTrue();
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@EnumSource
	void whoeverIsReliedUponStaysWhileTheTransactionIsPrepared(Isolation isolation) throws SQLException {
		Worker worker = attend();
		Session caller = fire(isolation);
		caller.run("PREPARE TRANSACTION 'caller'");
		assertThat(worker.leaves()).isFalse();
		caller.run("COMMIT PREPARED 'caller'");
		assertThat(worker.leaves()).isFalse();
		worker.session().run("CALL pgdispatch.work()");
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@ParameterizedTest
	@EnumSource
	void dispatchDoesNotRelyOnOneThatIsLeaving(Isolation isolation) throws SQLException {
		Worker worker = attend();
		worker.session().run("BEGIN");
		assertThat(worker.leaves()).isTrue();
		Session caller = fire(isolation);
		worker.session().run("COMMIT");
		caller.run("COMMIT");
		assertThat(this.queue.count("cron.job")).isOne();
		runScheduled();
		assertThat(this.queue.effects()).containsExactly("job");
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@EnumSource
	void dispatchDoesNotRelyOnOneThatGoesDeaf(Isolation isolation) throws SQLException {
		Worker worker = attend();
		worker.session().run("BEGIN");
		worker.goesDeaf();
		Session caller = fire(isolation);
		worker.session().run("COMMIT");
		caller.run("COMMIT");
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource
	void whoeverGoesDeafThoughReliedUponCallsForAnother(Isolation isolation) throws SQLException {
		Worker worker = attend();
		Session caller = fire(isolation);
		worker.goesDeaf();
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
		caller.run("COMMIT");
	}

	@Test
	void whoeverGoesDeafCallsForThoseWhoseTransactionHasJustEnded() throws SQLException {
		Worker worker = attend();
		fire(Isolation.READ_COMMITTED).run("COMMIT");
		fire(Isolation.READ_COMMITTED).run("COMMIT");
		assertThat(this.queue.count("cron.job")).isOne();
		worker.goesDeaf();
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource
	void whoeverIsReliedUponForTooLongLeavesASuccessor(Isolation isolation) throws SQLException {
		Worker worker = attend();
		Session caller = fire(isolation);
		assertThat(
				worker.session().value("SELECT pgdispatch.cron_end_run(%d, true, false, true)".formatted(worker.id())))
			.isEqualTo("t");
		assertThat(this.queue.count("cron.job")).isOne();
		caller.run("COMMIT");
		runScheduled();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void dispatchDoesNotRelyOnOneThatOnlyItsSnapshotStillSees(String isolation) throws SQLException {
		Worker worker = attend();
		Session caller = session();
		caller.run("BEGIN ISOLATION LEVEL " + isolation);
		assertThat(caller.value("SELECT count(*) FROM pgdispatch.cron_worker")).isEqualTo("1");
		assertThat(worker.leaves()).isTrue();
		caller.fire(CronQueue.effect("job"));
		caller.run("COMMIT");
		assertThat(this.queue.count("cron.job")).isOne();
		runScheduled();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@ParameterizedTest
	@EnumSource
	void dispatchDoesNotRelyOnAWorkerThatMayYetBeRolledBack(Isolation isolation) throws SQLException {
		Session rolledBack = fire(isolation);
		Session committed = fire(isolation);
		rolledBack.run("ROLLBACK");
		committed.run("COMMIT");
		assertThat(this.queue.count("cron.job")).isOne();
		runScheduled();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@ParameterizedTest
	@EnumSource
	void dispatchesThatAreOpenAtOnceNeitherWaitNorFail(Isolation isolation) throws SQLException {
		this.queue.withWorkers(2);
		List<Session> callers = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			callers.add(fire(isolation));
		}
		for (Session caller : callers) {
			caller.fire(CronQueue.effect("job"));
		}
		for (Session caller : callers) {
			caller.run("COMMIT");
		}
		runScheduled();
		assertThat(this.queue.effects()).hasSize(12);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@EnumSource
	void dispatchesOneAfterTheOtherKeepToTheBound(Isolation isolation) throws SQLException {
		this.queue.withWorkers(3);
		for (int i = 0; i < 20; i++) {
			fire(isolation).run("COMMIT");
		}
		assertThat(this.queue.count("cron.job")).isBetween(1, (isolation == Isolation.READ_COMMITTED) ? 3 : 2);
		runScheduled();
		assertThat(this.queue.effects()).hasSize(20);
	}

	@ParameterizedTest
	@EnumSource
	void savepointThatIsRolledBackTakesItsWorkerWithItButNotThatOfOthers(Isolation isolation) throws SQLException {
		Session caller = session();
		caller.run("BEGIN ISOLATION LEVEL " + isolation.sql(), "SAVEPOINT a");
		caller.fire(CronQueue.effect("undone"));
		caller.run("ROLLBACK TO SAVEPOINT a");
		caller.fire(CronQueue.effect("job"));
		caller.run("COMMIT");
		assertThat(this.queue.count("cron.job")).isOne();
		runScheduled();
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@Test
	void notTwoWorkersLeaveOnAccountOfEachOther() throws SQLException {
		Worker first = attend();
		first.goesDeaf();
		fire(Isolation.READ_COMMITTED).run("COMMIT");
		Worker second = enter(newest());
		session().run("CALL pgdispatch.work()");
		second.session().run("BEGIN");
		assertThat(second.leaves()).isTrue();
		FutureTask<Boolean> leaves = Session.async(first::leaves);
		await().until(() -> this.queue.count("pg_locks WHERE NOT granted AND pid = " + first.session().pid()) > 0);
		fire(Isolation.READ_COMMITTED).run("COMMIT");
		second.session().run("COMMIT");
		assertThat(leaves).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(false);
	}

	/**
	 * Begins a transaction with a dispatch.
	 */
	private Session fire(Isolation isolation) throws SQLException {
		Session caller = session();
		caller.run("BEGIN ISOLATION LEVEL " + isolation.sql());
		caller.fire(CronQueue.effect("job"));
		return caller;
	}

	private Session session() throws SQLException {
		Session session = new Session(this.database, "app");
		// Nobody waits for anybody.
		session.run("SET lock_timeout = '5s'");
		this.sessions.add(session);
		return session;
	}

	/**
	 * A worker that has been scheduled, and is on the lookout.
	 */
	private Worker attend() throws SQLException {
		Session caller = session();
		caller.run("BEGIN");
		caller.run("SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		caller.run("COMMIT", "DELETE FROM pgdispatch.job");
		Worker worker = enter(newest());
		worker.session().run("SELECT pg_advisory_lock(pgdispatch.cron_lookout_lock('app'))");
		return worker;
	}

	private int newest() {
		return this.queue.value("max(id) FROM pgdispatch.cron_worker", Integer.class);
	}

	private Worker enter(int id) throws SQLException {
		Session session = session();
		assertThat(session.value("SELECT stays FROM pgdispatch.cron_begin_run(" + id + ")")).isEqualTo("t");
		return new Worker(session, id);
	}

	/**
	 * Does what pg_cron does, until it has nothing more to do.
	 */
	private void runScheduled() throws SQLException {
		while (this.queue.count("cron.job") > 0) {
			try (Session worker = new Session(this.database, "app")) {
				worker.run(this.queue.value("command FROM cron.job ORDER BY jobid LIMIT 1", String.class));
			}
		}
	}

	private record Worker(Session session, int id) {

		boolean leaves() throws SQLException {
			return "t".equals(this.session.value("SELECT pgdispatch.cron_end_run(" + this.id + ", true)"));
		}

		void goesDeaf() throws SQLException {
			this.session.value("SELECT pgdispatch.cron_stop_looking(" + this.id + ", true)");
		}

	}

	private enum Isolation {

		READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE;

		String sql() {
			return name().replace('_', ' ');
		}

	}

}
