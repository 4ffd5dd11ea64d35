package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whoever may see it is told what waits, runs and has failed, at a cost that does not
 * grow with the backlog.
 */
class StatusTests extends AbstractQueueTests {

	private static final String JOBS = """
			SELECT concat_ws(' ', kind, name, coalesce('in ' || queue, ''), state, count, is_exact)
			  FROM pgdispatch.status()
			 WHERE kind IN ('sql', 'handler', 'dead_letter')
			 ORDER BY kind, name, state""";

	StatusTests(TestDatabase database) {
		super(database);
	}

	@Test
	void applicationThatRestsIsConnected() throws SQLException {
		String application = "SELECT count FROM pgdispatch.status() WHERE kind = 'application'";
		assertThat(this.app.value(application)).isEqualTo("0");
		try (Session driver = this.queue.app()) {
			driver.run("SELECT pgdispatch.poll_queue(1, true)");
			assertThat(this.app.value(application)).isEqualTo("1");
		}
		this.queue.awaitTrue("(SELECT count FROM pgdispatch.status_of('app') WHERE kind = 'application') = 0");
	}

	@Test
	void commandsAreCountedByLabelQueueAndState() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('mail', 1)", "SELECT pgdispatch.dispatch('SELECT 1', label => 'a')",
				"SELECT pgdispatch.fire_all('{SELECT 1,SELECT 2}', label => 'a')",
				"SELECT pgdispatch.dispatch('SELECT 1', '1 hour', label => 'a')",
				"SELECT pgdispatch.dispatch('SELECT 1', queue => 'mail', label => 'b')",
				"SELECT pgdispatch.fire('SELECT 1')");
		assertThat(this.app.values(JOBS)).containsExactly("sql a  snoozed 1 t", "sql a  waiting 3 t",
				"sql b in mail waiting 1 t", "sql  waiting 1 t");
		this.app.run("SELECT pgdispatch.pause()");
		assertThat(this.app.values(JOBS)).containsExactly("sql a  held 3 t", "sql a  snoozed 1 t",
				"sql b in mail held 1 t", "sql  held 1 t");
	}

	@Test
	void callsAreCountedByHandlerAndState() throws SQLException {
		Node node = new Node(this.app);
		this.app.run("SELECT pgdispatch.dispatch_handler('a.one') FROM generate_series(1, 3)",
				"SELECT pgdispatch.dispatch_handler('a.one', delay => '1 hour')",
				"SELECT pgdispatch.dispatch_handler('b.two')", "SELECT pgdispatch.pause('b.two')");
		node.claim(2, "a.one");
		assertThat(this.app.values(JOBS)).containsExactly("handler a.one  running 2 t", "handler a.one  snoozed 1 t",
				"handler a.one  waiting 1 t", "handler b.two  held 1 t");
		assertThat(this.app.values("SELECT count FROM pgdispatch.status() WHERE kind = 'node'")).containsExactly("1");
		assertThat(this.app.values("SELECT name FROM pgdispatch.status() WHERE kind = 'pause'"))
			.containsExactly("b.two");
	}

	@Test
	void deadLettersAreCountedByLabelAndHandler() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1/0', label => 'a') FROM generate_series(1, 2)",
				"SELECT pgdispatch.fire('SELECT 1/0')");
		this.app.work();
		assertThat(this.app.values(JOBS)).containsExactly("dead_letter a  2 t", "dead_letter  1 t");
	}

	@Test
	void queuesTellWhatRunsInThem() throws Exception {
		this.app.run("SELECT pgdispatch.set_queue('mail', 2)", "SELECT pgdispatch.set_queue('other')",
				"SELECT pgdispatch.pause(queue => 'other')", "SELECT pg_advisory_lock(7)");
		try (Session worker = this.queue.app()) {
			worker.run("SELECT pgdispatch.dispatch('SELECT pg_advisory_xact_lock(7)', queue => 'mail')");
			FutureTask<Session.Drain> work = Session.async(() -> worker.work());
			this.queue.awaitBlocked(worker);
			assertThat(this.app.values("""
					SELECT concat_ws(' ', name, state, count, max_count)
					  FROM pgdispatch.status()
					 WHERE kind = 'queue'
					 ORDER BY name""")).containsExactly("mail open 1 2", "other paused 0");
			assertThat(this.app.values(JOBS)).containsExactly("sql in mail running 1 t");
			this.app.run("SELECT pg_advisory_unlock(7)");
			work.get();
		}
	}

	@Test
	void ageIsThatOfTheOldestJobThatCouldRun() throws SQLException {
		this.app.run("SELECT pgdispatch.fire('SELECT 1')", "SELECT pgdispatch.snooze('SELECT 1', '1 day')",
				"UPDATE pgdispatch.job SET due_at = due_at - interval '2 hours' WHERE due_at <= now()");
		assertThat(this.app.values("""
				SELECT state || ' ' || coalesce(date_trunc('hour', oldest)::text, 'never')
				  FROM pgdispatch.status()
				 WHERE kind = 'sql'
				 ORDER BY state""")).containsExactly("snoozed never", "waiting 02:00:00");
	}

	@Test
	void countIsALowerBoundBeyondTwoThousandJobs() throws SQLException {
		this.app.run("SELECT count(pgdispatch.fire('SELECT 1')::text) FROM generate_series(1, 2100)",
				"SELECT pgdispatch.dispatch('SELECT 1', '1 hour')");
		assertThat(this.app.values(JOBS)).containsExactly("sql  snoozed 1 t", "sql  waiting 2001 f");
	}

	@Test
	void readsNoMoreOfALargeBacklogThanOfASmallOne() throws SQLException {
		this.app.run("SELECT count(pgdispatch.dispatch('SELECT 1', label => 'a')) FROM generate_series(1, 3000)",
				"SELECT count(pgdispatch.dispatch_handler('a.one')) FROM generate_series(1, 3000)");
		long small = rowsRead();
		this.app.run("SELECT count(pgdispatch.dispatch('SELECT 1', label => 'a')) FROM generate_series(1, 9000)",
				"SELECT count(pgdispatch.dispatch_handler('a.one')) FROM generate_series(1, 9000)");
		assertThat(rowsRead()).isBetween(4_000L, small + 100);
	}

	/**
	 * The rows of jobs that a count reads. It has a session of its own, as the numbers of
	 * a session's transactions add up until the server collects them, about once a
	 * second.
	 */
	private long rowsRead() throws SQLException {
		try (Session session = this.queue.app()) {
			session.run("BEGIN", "SELECT count(*) FROM pgdispatch.status()");
			return Long.parseLong(session.value("""
					SELECT sum(seq_tup_read + idx_tup_fetch)
					  FROM pg_stat_xact_all_tables
					 WHERE schemaname = 'pgdispatch' AND relname IN ('job', 'handler_job')"""));
		}
	}

	@Test
	void roleSeesItsOwnAndMonitoringSeesAll() throws SQLException {
		String other = this.queue.createRole("LOGIN");
		String monitoring = this.queue.createRole("LOGIN");
		String member = this.queue.createRole("LOGIN IN ROLE pg_monitor");
		this.queue.grantTo(other);
		this.queue.run("CALL pgdispatch.grant_monitoring_to('" + monitoring + "')");
		this.app.fire("SELECT 1");
		try (Session session = this.queue.session(other)) {
			session.fire("SELECT 2");
			assertThat(roles(session)).containsExactly(other);
		}
		for (String role : List.of(monitoring, member)) {
			try (Session session = this.queue.session(role)) {
				assertThat(roles(session)).contains("app", other);
				assertThat(session.error("SELECT count(*) FROM pgdispatch.job").getSQLState()).isEqualTo("42501");
				assertThat(session.error("SELECT pgdispatch.fire('SELECT 1')").getSQLState()).isEqualTo("42501");
				assertThat(session.value("SELECT current_setting('pgdispatch.monitoring', true)")).isNotEqualTo("on");
			}
		}
		this.queue.run("CALL pgdispatch.revoke_from('" + monitoring + "')");
		try (Session session = this.queue.session(monitoring)) {
			assertThat(session.error("SELECT count(*) FROM pgdispatch.status()").getSQLState()).isEqualTo("42501");
		}
	}

	@Test
	void nobodyElseCanPassForMonitoring() throws SQLException {
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		this.app.fire("SELECT 1");
		try (Session session = this.queue.session(other)) {
			session.run("SET pgdispatch.monitoring = 'on'");
			assertThat(session.value("SELECT count(*) FROM pgdispatch.job")).isEqualTo("0");
			assertThat(session.error("SELECT count(*) FROM pgdispatch.status_of_all_roles()").getSQLState())
				.isEqualTo("42501");
			assertThat(session.value("SELECT count(*) FROM pgdispatch.status_of('app') WHERE kind = 'sql'"))
				.isEqualTo("0");
		}
	}

	/**
	 * Otherwise it would be called for each row of the role's own jobs.
	 */
	@Test
	void monitoringIsAskedForLast() throws SQLException {
		for (String table : this.queue
			.values("SELECT polrelid::regclass FROM pg_policy WHERE polname = 'monitoring'")) {
			assertThat(String.join(" ", this.app.values("EXPLAIN (COSTS OFF) SELECT FROM " + table)))
				.matches(".*role.*quote_ident.* OR pgdispatch\\.is_monitoring\\(\\).*");
		}
	}

	private static List<String> roles(Session session) throws SQLException {
		return session.values("SELECT DISTINCT role FROM pgdispatch.status() WHERE kind = 'sql' ORDER BY 1");
	}

	@Test
	void tellsWhatKeepsDeadRows() throws SQLException {
		try (Session old = this.queue.app()) {
			old.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1");
			assertThat(this.app.values("SELECT name FROM pgdispatch.status() WHERE kind = 'snapshot'"))
				.containsExactly("session " + old.pid());
		}
	}

}
