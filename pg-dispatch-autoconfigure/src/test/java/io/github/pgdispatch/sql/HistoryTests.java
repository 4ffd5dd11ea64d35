package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What has become of jobs is kept for those who want it, and stops nobody.
 */
class HistoryTests extends AbstractQueueTests {

	private static final String OUTCOMES = "SELECT concat_ws(' ', name, outcome, attempts, sqlstate) FROM pgdispatch.history() ORDER BY 1";

	private static final String ATTEMPTS = "SELECT concat_ws(' ', attempt, outcome, sqlstate, message, "
			+ "started_at <= ended_at, node) FROM pgdispatch.attempts(%s)";

	/**
	 * PostgreSQL itself knows no infinite interval before version 17.
	 */
	private static final String NO_RETENTION = "(?s).*(pgdispatch: |invalid input syntax for type interval: .infinity).*";

	private static final String PARTITIONS = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'pgdispatch.history'::regclass ORDER BY inhrelid::regclass::text";

	HistoryTests(TestDatabase database) {
		super(database);
	}

	@AfterEach
	void forget() throws SQLException {
		this.queue.run("TRUNCATE pgdispatch.history_retention", "SELECT pgdispatch.tidy_history(true)",
				"TRUNCATE pgdispatch.history");
		for (String partition : this.queue.values(PARTITIONS)) {
			this.queue.run("DROP TABLE " + partition);
		}
	}

	private void keep() throws SQLException {
		this.app.run("SELECT pgdispatch.keep_history('7 days')");
	}

	@Test
	void nothingIsKeptUnlessAskedFor() throws SQLException {
		this.app.run("SELECT pgdispatch.fire('SELECT 1')", "CALL pgdispatch.work()");
		assertThat(this.app.values(OUTCOMES)).isEmpty();
		assertThat(this.queue.values(PARTITIONS)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { -49, 1, 50, 500 })
	void commandsAreKept(int prefetch) throws SQLException {
		keep();
		this.app.run(
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'a') FROM generate_series(1, 120); SELECT pgdispatch.fire('SELECT 1')",
				"SELECT pgdispatch.dispatch('SELECT 1 / 0', label => 'b')",
				"CALL pgdispatch.work(prefetch => " + prefetch + ")");
		assertThat(
				this.app.values("SELECT concat_ws(' ', label, outcome, attempts, sqlstate, message, count(*), bool_and("
						+ "dispatched_at <= due_at AND due_at <= started_at AND started_at <= ended_at)) "
						+ "FROM pgdispatch.history GROUP BY label, outcome, attempts, sqlstate, message ORDER BY 1"))
			.containsExactly("a done 1 120 t", "b failed 1 22012 division by zero 1 t", "done 1 1 t");
	}

	@Test
	void jobsThatAnotherJobHasMovedAreKept() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.fire('UPDATE pgdispatch.job SET headers = ''{}''')",
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'moved')", "CALL pgdispatch.work(prefetch => 500)");
		assertThat(this.app.values(OUTCOMES)).containsExactly("done 1", "moved done 1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ", priority => 1", ", transactional => false" })
	void eachFailedAttemptOfACommandIsKept(String options) throws SQLException {
		keep();
		String id = this.app
			.value("SELECT pgdispatch.dispatch('SELECT 1 / 0', label => 'a', max_attempts => 3, back_off => '1 hour'%s)"
				.formatted(options));
		for (int attempt = 1; attempt <= 3; attempt++) {
			this.app.run("CALL pgdispatch.work()");
			if (options.contains("transactional")) {
				this.app.run("SELECT pgdispatch.end_non_transactional(b.id, b.attempt, '22012', 'division by zero') "
						+ "FROM pgdispatch.begin_non_transactional() AS b");
			}
			assertThat(this.app.values(OUTCOMES)).hasSize(attempt / 3);
			this.app.run("SELECT pgdispatch.run_now(" + id + ")");
		}
		assertThat(this.app.values(ATTEMPTS.formatted(id))).containsExactly("1 retried 22012 division by zero t",
				"2 retried 22012 division by zero t", "3 failed 22012 division by zero t");
	}

	@Test
	void eachFailedAttemptOfACallIsKept() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.dispatch_handler('a')",
				"SELECT pgdispatch.dispatch_handler('b', priority => 1)");
		Node node = new Node(this.app);
		for (String handler : List.of("a", "b")) {
			String id = null;
			for (int attempt = 1; attempt <= 3; attempt++) {
				Node.Job job = node.claim(1, handler).get(0);
				id = String.valueOf(job.id());
				this.app.run(
						("SELECT pgdispatch.fail_handler_job('%s', '%s', '%s', %d, %d, NULL, 'no mail', NULL, %b, '0', "
								+ "max_attempts => 9, ran_for => '0')")
							.formatted(node.id(), handler, job.dueAt(), job.id(), job.attempt(), attempt < 3));
				this.app.run("SELECT pgdispatch.poll_queue(1, false)");
			}
			assertThat(this.app.values(ATTEMPTS.formatted(id))).containsExactly("1 retried no mail t " + node.id(),
					"2 retried no mail t " + node.id(), "3 failed no mail t " + node.id());
		}
		assertThat(this.app.values(OUTCOMES)).containsExactly("a failed 3", "b failed 3");
	}

	@Test
	void anAttemptIsNoEndOfItsJob() throws SQLException {
		keep();
		String id = this.app.value("SELECT pgdispatch.dispatch('SELECT 1 / 0', max_attempts => 2)");
		this.app.run("CALL pgdispatch.work()");
		assertThat(this.app.value("SELECT state FROM pgdispatch.find(" + id + ")")).isEqualTo("snoozed");
		this.app.run("DELETE FROM pgdispatch.job", "DELETE FROM pgdispatch.managed_job");
		assertThat(this.app.values("SELECT state FROM pgdispatch.find(" + id + ")")).isEmpty();
		assertThat(this.app.values(ATTEMPTS.formatted(id))).hasSize(1);
	}

	@Test
	void noAttemptIsKeptUnlessAskedFor() throws SQLException {
		this.app.run("SELECT pgdispatch.keep_history('1 day', 'q'), pgdispatch.set_queue('q')",
				"SELECT pgdispatch.dispatch('SELECT 1 / 0', max_attempts => 2)",
				"SELECT pgdispatch.dispatch('SELECT 1 / 0', max_attempts => 2, queue => 'q')",
				"CALL pgdispatch.work()");
		assertThat(this.app.values("SELECT queue FROM pgdispatch.history")).containsExactly("q");
	}

	@Test
	void managedCommandsAreKept() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.set_queue('q')",
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'managed', queue => 'q', key => 'k', priority => 3)",
				"SELECT pgdispatch.dispatch('SELECT 1 / 0', label => 'retried', max_attempts => 2, back_off => '0')",
				"CALL pgdispatch.work()", "CALL pgdispatch.work()");
		assertThat(this.app.values(OUTCOMES)).containsExactly("managed done 1", "retried failed 2 22012");
		assertThat(this.app.value("SELECT queue FROM pgdispatch.history(name => 'managed')")).isEqualTo("q");
	}

	@Test
	void nonTransactionalCommandsAreKept() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', label => 'outside', transactional => false)",
				"CALL pgdispatch.work()");
		String begun = this.app
			.value("SELECT id || ', ' || attempt FROM pgdispatch.begin_non_transactional() WHERE id IS NOT NULL");
		this.app.run("SELECT pgdispatch.end_non_transactional(" + begun + ")");
		assertThat(this.app.values(OUTCOMES)).containsExactly("outside done 1");
	}

	@Test
	void callsAreKept() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.set_queue('q')",
				"SELECT pgdispatch.dispatch_handler(h) FROM unnest('{a,a,b,c}'::text[]) AS h",
				"SELECT pgdispatch.dispatch_handler('d', queue => 'q')");
		Node node = new Node(this.app);
		node.complete(node.claim(2, "a"));
		assertThat(node.complete(node.claim(1, "b").get(0))).isTrue();
		assertThat(node.fail(node.claim(1, "c").get(0))).isTrue();
		assertThat(node.complete(node.claim(1, "d").get(0))).isTrue();
		assertThat(this.app.values(OUTCOMES)).containsExactly("a done 1", "a done 1", "b done 1", "c failed 1 23505",
				"d done 1");
		assertThat(this.app.values("SELECT DISTINCT node FROM pgdispatch.history()")).containsExactly(node.id());
		assertThat(this.app.value("SELECT queue FROM pgdispatch.history(name => 'd')")).isEqualTo("q");
	}

	@Test
	void nodesTellHowLongTheyRan() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.dispatch_handler(h) FROM unnest('{a,b,c}'::text[]) AS h");
		Node node = new Node(this.app);
		for (String end : List.of("complete_handler_job('%s', '%s', '%s', %d, %d, ran_for => '3 s')",
				"complete_handler_jobs('%s', '{%s}', '{%s}', '{%d}', '{%d}', seconds => '{3}')",
				"fail_handler_job('%s', '%s', '%s', %d, %d, NULL, 'failed', NULL, ran_for => '3 s')")) {
			Node.Job job = node.claim(1, "a", "b", "c").get(0);
			String dueAt = end.contains("_jobs") ? '"' + job.dueAt() + '"' : job.dueAt();
			this.app
				.run("SELECT pgdispatch." + end.formatted(node.id(), job.handler(), dueAt, job.id(), job.attempt()));
		}
		assertThat(this.app.values(
				"SELECT date_trunc('milliseconds', ended_at - started_at + interval '1 ms' / 2) FROM pgdispatch.history()"))
			.hasSize(3)
			.allMatch((time) -> time.startsWith("00:00:03.0") || time.startsWith("00:00:02.99")
					|| time.equals("00:00:03"));
	}

	@Test
	void cancelledJobsAreKept() throws SQLException {
		keep();
		this.app.run(
				"SELECT pgdispatch.dispatch('SELECT 1', delay => '1 hour', label => x) FROM unnest('{a,b}'::text[]) AS x",
				"SELECT pgdispatch.dispatch_handler(x, delay => '1 hour') FROM unnest('{c,d}'::text[]) AS x",
				"SELECT pgdispatch.dispatch_handler('e', key => 'k')",
				"SELECT pgdispatch.cancel(j.id) FROM pgdispatch.jobs() AS j WHERE j.name IN ('a', 'c')",
				"SELECT pgdispatch.cancel_jobs(state => 'snoozed')");
		Node node = new Node(this.app);
		Node.Job claimed = node.claim(1, "e").get(0);
		this.app.run("SELECT pgdispatch.cancel(" + claimed.id() + ")");
		node.release(claimed);
		assertThat(this.app.values(OUTCOMES)).containsExactly("a cancelled 0", "b cancelled 0", "c cancelled 0",
				"d cancelled 0", "e cancelled 0");
	}

	@Test
	void findTellsDoneFromNeverWas() throws SQLException {
		keep();
		String id = this.app.value("SELECT pgdispatch.dispatch('SELECT 1', label => 'a', result => 'rows')");
		this.app.run("CALL pgdispatch.work()");
		assertThat(this.app.values(
				"SELECT concat_ws(' ', state, label, attempts, finished_at > dispatched_at) FROM pgdispatch.find(%s)"
					.formatted(id)))
			.containsExactly("done a 1 t");
		assertThat(this.app.values("SELECT state FROM pgdispatch.find(" + id + " + 1)")).isEmpty();
	}

	@Test
	void aJobThatFailedAndWasRetriedEndsTwice() throws SQLException {
		keep();
		String id = this.app.value("SELECT pgdispatch.dispatch('INSERT INTO public.later VALUES (1)')");
		this.app.run("CALL pgdispatch.work()", "CREATE TABLE public.later (a int)",
				"SELECT pgdispatch.retry(" + id + ")", "CALL pgdispatch.work()", "DROP TABLE public.later");
		assertThat(this.app.values("SELECT outcome FROM pgdispatch.history()")).containsExactly("done", "failed");
		assertThat(this.app.value("SELECT state FROM pgdispatch.find(" + id + ")")).isEqualTo("done");
	}

	@Test
	void pagesHaveEachJobOnceTheLastFirst() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.fire('SELECT 1') FROM generate_series(1, 60)",
				"CALL pgdispatch.work(prefetch => 500)", "SELECT pgdispatch.dispatch('SELECT 1', label => 'last')",
				"CALL pgdispatch.work()");
		String position = "";
		List<String> page;
		int jobs = 0;
		do {
			page = this.app.values(
					"SELECT 'before => ''' || ended_at || ''', before_id => ' || id || ', ' FROM pgdispatch.history(%smax_count => 7)"
						.formatted(position));
			jobs += page.size();
			position = page.isEmpty() ? "" : page.get(page.size() - 1);
		}
		while (!page.isEmpty());
		assertThat(jobs).isEqualTo(61);
		assertThat(this.app.value("SELECT name FROM pgdispatch.history()")).isEqualTo("last");
		assertThat(this.app
			.values("SELECT name FROM pgdispatch.history(kind => 'sql', name => 'last', outcome => 'done')"))
			.hasSize(1);
		assertThatThrownBy(() -> this.app.run("SELECT pgdispatch.history(outcome => 'waiting')"))
			.hasMessageContaining("the outcome is waiting");
	}

	@Test
	void aQueueAndARoleHaveTheirOwnRetention() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q'), pgdispatch.set_queue('r')");
		String jobs = "SELECT pgdispatch.dispatch('SELECT 1', label => 'q', queue => 'q'), "
				+ "pgdispatch.dispatch('SELECT 1', label => 'r', queue => 'r'), pgdispatch.dispatch('SELECT 1', label => 'n')";
		this.app.run("SELECT pgdispatch.keep_history('1 day', 'q')", jobs, "CALL pgdispatch.work()");
		assertThat(this.app.values(OUTCOMES)).containsExactly("q done 1");
		this.queue.run("CALL pgdispatch.configure(history_retention => '1 day')");
		this.app.run("SELECT pgdispatch.keep_history('0', 'q')", jobs, "CALL pgdispatch.work()");
		assertThat(this.app.values(OUTCOMES)).containsExactly("n done 1", "q done 1", "r done 1");
		this.app.run("SELECT pgdispatch.keep_history('0'), pgdispatch.keep_history(NULL, 'q')", jobs,
				"CALL pgdispatch.work()");
		assertThat(this.app.values(OUTCOMES)).hasSize(3);
	}

	@ParameterizedTest
	@ValueSource(strings = { "'-1 day'", "'300000 years'", "'infinity'" })
	void aRetentionIsATimeUpToTenYears(String retention) {
		assertThatThrownBy(() -> this.app.run("SELECT pgdispatch.keep_history(" + retention + ")"))
			.hasMessageMatching(NO_RETENTION);
		assertThatThrownBy(() -> this.queue.run("CALL pgdispatch.configure(history_retention => " + retention + ")"))
			.hasMessageMatching(NO_RETENTION);
	}

	@Test
	void aRoleSeesOnlyItsOwn() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.fire('SELECT 1')", "CALL pgdispatch.work()");
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		String partition = this.queue.values(PARTITIONS).get(0);
		try (Session session = this.queue.session(other)) {
			assertThat(session.values(OUTCOMES)).isEmpty();
			assertThat(session.value("SELECT count(*) FROM pgdispatch.history")).isEqualTo("0");
			assertThatThrownBy(() -> session.run("SELECT FROM " + partition)).hasMessageContaining("permission denied");
			assertThatThrownBy(() -> session.run("INSERT INTO pgdispatch.history_retention VALUES ('-', '', '1 day')"))
				.hasMessageContaining("row-level security");
			assertThatThrownBy(() -> session.run("UPDATE pgdispatch.history SET attempts = 7"))
				.hasMessageContaining("permission denied");
			session.run("DELETE FROM pgdispatch.history_retention", "DELETE FROM pgdispatch.history");
		}
		assertThat(this.app.values(OUTCOMES)).hasSize(1);
		this.app.run("DELETE FROM pgdispatch.history");
		assertThat(this.app.values(OUTCOMES)).isEmpty();
	}

	@Test
	void partitionsAreMadeAheadAndDroppedInTime() throws SQLException {
		keep();
		assertThat(this.queue.values(PARTITIONS)).hasSize(3);
		String today = this.queue.values(PARTITIONS).get(0);
		this.queue.run("CREATE TABLE pgdispatch.history_20200101 PARTITION OF pgdispatch.history "
				+ "FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
		this.queue.run("CREATE TABLE public.archive PARTITION OF pgdispatch.history "
				+ "FOR VALUES FROM ('2019-01-01 00:00+00') TO ('2019-01-02 00:00+00')");
		this.app.run("SELECT set_config('pgdispatch.tidied', '0', false)", "SELECT pgdispatch.poll_queue(1, false)");
		assertThat(this.queue.values(PARTITIONS)).hasSize(4).startsWith("archive");
		this.queue.run("DROP TABLE public.archive");
		assertThat(this.queue.values(PARTITIONS)).hasSize(3).startsWith(today);
		this.queue.run("DROP TABLE " + today);
		this.app.run("SELECT pgdispatch.fire('SELECT 1')", "CALL pgdispatch.work()");
		assertThat(this.queue.values(PARTITIONS)).hasSize(3).startsWith(today);
		assertThat(this.app.values(OUTCOMES)).hasSize(1);
	}

	@Test
	void nobodyWaitsForADropThatHasToWait() throws SQLException {
		keep();
		this.queue.run("CREATE TABLE pgdispatch.history_20200101 PARTITION OF pgdispatch.history "
				+ "FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
		try (Session reader = this.queue.app()) {
			reader.run("BEGIN", "SELECT count(*) FROM pgdispatch.history");
			this.app.run("SELECT set_config('pgdispatch.tidied', '0', false)", "SELECT pgdispatch.poll_queue(1, false)",
					"SELECT pgdispatch.fire('SELECT 1')", "CALL pgdispatch.work()");
			assertThat(reader.value("SELECT count(*) FROM pgdispatch.history")).isEqualTo("1");
			assertThat(this.queue.values(PARTITIONS)).hasSize(4);
			reader.run("COMMIT");
		}
		this.app.run("SELECT set_config('pgdispatch.tidied', '0', false)", "SELECT pgdispatch.poll_queue(1, false)");
		assertThat(this.queue.values(PARTITIONS)).hasSize(3);
	}

	@Test
	void whatCannotBeRecordedStopsNoJob() throws SQLException {
		keep();
		this.queue.run(
				"CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not here'; END $$",
				"CREATE TRIGGER refuse BEFORE INSERT ON pgdispatch.history FOR EACH ROW EXECUTE FUNCTION public.refuse()");
		try {
			this.app.run(
					"SELECT pgdispatch.dispatch(" + "$$" + Queue.effect("x") + "$$"
							+ ", priority => p) FROM generate_series(0, 1) AS p",
					"SELECT pgdispatch.fire($$" + Queue.effect("x") + "$$) FROM generate_series(1, 60)",
					"SELECT pgdispatch.dispatch('SELECT 1 / 0')", "SELECT pgdispatch.dispatch_handler('h')",
					"CALL pgdispatch.work(prefetch => 100)");
			Node node = new Node(this.app);
			assertThat(node.complete(node.claim(1, "h").get(0))).isTrue();
			assertThat(this.queue.effects()).hasSize(62);
			assertThat(this.queue.deadLetters()).isOne();
			assertThat(this.queue.jobs()).isZero();
		}
		finally {
			this.queue.run("DROP FUNCTION public.refuse() CASCADE");
		}
	}

	@Test
	void whoeverPollsIsNotStoppedByPartitionsThatCannotBeMade() throws SQLException {
		this.queue.run("INSERT INTO pgdispatch.history_retention VALUES ('app'::regrole, '', '1 day')",
				"CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no tables today'; END $$",
				"CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.refuse()");
		try {
			this.app.run("SELECT set_config('pgdispatch.tidied', '0', false)",
					"SELECT pgdispatch.fire($$" + Queue.effect("x") + "$$)", "SELECT pgdispatch.poll_queue(1, false)",
					"CALL pgdispatch.work()");
			assertThat(this.queue.effects()).containsExactly("x");
			assertThat(this.queue.values(PARTITIONS)).isEmpty();
		}
		finally {
			this.queue.run("DROP EVENT TRIGGER refuse", "DROP FUNCTION public.refuse()");
		}
	}

	@Test
	void aTransactionThatRollsBackIsNotRecorded() throws SQLException {
		keep();
		this.app.run("SELECT pgdispatch.dispatch_handler('h')");
		Node node = new Node(this.app);
		Node.Job job = node.claim(1, "h").get(0);
		this.app.run("BEGIN");
		node.complete(job);
		this.app.run("ROLLBACK");
		assertThat(this.app.values(OUTCOMES)).isEmpty();
	}

	@Test
	void revokedRoleLeavesNothing() throws SQLException {
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		try (Session session = this.queue.session(role)) {
			session.run("SELECT pgdispatch.keep_history('1 day')", "SELECT pgdispatch.fire('SELECT 1')",
					"CALL pgdispatch.work()");
		}
		this.queue.run("CALL pgdispatch.revoke_from('" + role + "')", "DROP ROLE " + role);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.history")).isEqualTo("0");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.history_retention")).isEqualTo("0");
	}

}
