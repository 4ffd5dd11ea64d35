package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Jobs can be listed, and their labels and last errors are kept.
 */
class JobListTests extends AbstractQueueTests {

	private final TestDatabase database;

	JobListTests(TestDatabase database) {
		super(database);
		this.database = database;
	}

	@Test
	void pagesHaveEachJobOnce() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('one', 1)",
				"SELECT pgdispatch.fire('SELECT 1') FROM generate_series(1, 7)",
				"SELECT pgdispatch.dispatch_handler('a.one') FROM generate_series(1, 5)",
				"SELECT pgdispatch.dispatch_handler('b.two', delay => '1 hour') FROM generate_series(1, 5)",
				"SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'o', priority => 5) FROM generate_series(1, 4)");
		this.app.run("CALL pgdispatch.work('0', prefetch => 1)",
				"SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'p') FROM generate_series(1, 3)");
		List<String> paged = new ArrayList<>();
		String place = "-infinity";
		String id = "0";
		List<String> page;
		do {
			page = this.app.values("SELECT place || '/' || id FROM pgdispatch.jobs(after_place => '" + place
					+ "', after_id => " + id + ", max_count => 3)");
			paged.addAll(page);
			if (!page.isEmpty()) {
				place = page.get(page.size() - 1).split("/")[0];
				id = page.get(page.size() - 1).split("/")[1];
			}
		}
		while (!page.isEmpty());
		assertThat(paged).hasSize(23).doesNotHaveDuplicates();
		assertThat(paged)
			.isEqualTo(this.app.values("SELECT place || '/' || id FROM pgdispatch.jobs(max_count => 1000)"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "kind => 'sql'|1 2 3", "kind => 'handler'|4", "name => 'a'|1", "name => 'h'|4", "queue => 'q'|2",
					"state => 'snoozed'|3", "state => 'waiting'|1 2 4", "state => 'running'|",
					"name => 'a', state => 'snoozed'|" })
	void filtersSelect(String filter, String expected) throws SQLException {
		this.queue.run("ALTER SEQUENCE pgdispatch.job_id_seq RESTART");
		this.app.run("SELECT pgdispatch.set_queue('q')", "SELECT pgdispatch.dispatch('SELECT 1', label => 'a')",
				"SELECT pgdispatch.dispatch('SELECT 1', queue => 'q')",
				"SELECT pgdispatch.dispatch('SELECT 1', delay => '1 hour')", "SELECT pgdispatch.dispatch_handler('h')");
		assertThat(this.app.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM pgdispatch.jobs(" + filter + ")"))
			.isEqualTo(expected);
	}

	@Test
	void jobsAreMovedToAnotherQueueByFilter() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('one', 1), pgdispatch.set_queue('two', 2)",
				"SELECT pgdispatch.dispatch('" + Queue.effect("a").replace("'", "''")
						+ "', label => 'a', max_attempts => 3)",
				"SELECT pgdispatch.dispatch('" + Queue.effect("b").replace("'", "''")
						+ "', label => 'b', queue => 'two')",
				"SELECT pgdispatch.dispatch_handler('h'), pgdispatch.dispatch_handler('h', delay => '1 hour')",
				"SELECT pgdispatch.dispatch('SELECT 1', label => 'later', delay => '1 hour')");
		assertThat(this.app.value("SELECT pgdispatch.move_jobs('one', state => 'snoozed')")).isEqualTo("2");
		assertThat(this.app.value("SELECT pgdispatch.move_jobs('one', state => 'snoozed')")).isEqualTo("0");
		assertThat(this.app.value("SELECT pgdispatch.move_jobs('one', max_count => 3)")).isEqualTo("3");
		assertThat(this.app.values("SELECT DISTINCT concat_ws(' ', name, queue) FROM pgdispatch.jobs() ORDER BY 1"))
			.containsExactly("a one", "b one", "h one", "later one");
		assertThat(this.app.value(
				"SELECT m.max_attempts FROM pgdispatch.managed_job AS m JOIN pgdispatch.job AS j USING (id) WHERE label = 'a'"))
			.isEqualTo("3");
		this.app.run("CALL pgdispatch.work()");
		Node node = new Node(this.app);
		assertThat(node.complete(node.claim(5, "h").get(0))).isTrue();
		assertThat(this.queue.effects()).containsExactly("a", "b");
		assertThat(this.app.value("SELECT pgdispatch.move_jobs(NULL, queue => 'one')")).isEqualTo("2");
		assertThat(this.app.values("SELECT DISTINCT queue FROM pgdispatch.managed_job")).containsExactly((String) null);
	}

	@Test
	void heldJobRunsInTheQueueThatItIsMovedTo() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('one', 1), pgdispatch.set_queue('two', 2)",
				"SELECT pgdispatch.dispatch_handler('h', queue => 'one') FROM generate_series(1, 3)");
		Node node = new Node(this.app);
		Node.Job first = node.claim(5, "h").get(0);
		assertThat(node.claim(5, "h")).isEmpty();
		assertThat(this.app.value("SELECT pgdispatch.move_jobs('two', state => 'held')")).isEqualTo("2");
		List<Node.Job> others = node.claim(5, "h");
		assertThat(others).hasSize(2);
		node.complete(others);
		assertThat(node.complete(first)).isTrue();
		assertThat(this.app.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("0");
	}

	@Test
	void nodesLearnTheQueueOfAJobWithItsClaim() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('one'), pgdispatch.set_queue('two')",
				"SELECT pgdispatch.dispatch_handler('h', queue => 'one'), pgdispatch.dispatch_handler('h', '{\"plain\": 1}')");
		assertThat(queuesOfClaims()).containsExactly("none", "one");
		this.app.run("SELECT pgdispatch.move_jobs('two')");
		assertThat(queuesOfClaims()).containsExactly("two", "two");
		Node node = new Node(this.app);
		for (Node.Job job : node.claim(5, "h")) {
			assertThat(node.fail(job)).isTrue();
		}
		this.app.run("SELECT pgdispatch.retry(d.id) FROM pgdispatch.dead_letter AS d");
		assertThat(queuesOfClaims()).containsExactly("two", "two");
		this.app.run("SELECT pgdispatch.move_jobs(NULL)");
		assertThat(queuesOfClaims()).containsExactly("none", "none");
	}

	private List<String> queuesOfClaims() throws SQLException {
		return this.app.values("SELECT coalesce(queue, 'none') FROM pgdispatch.handler_job ORDER BY 1");
	}

	@Test
	void aQueueThatJobsAreMovedToHasToExist() {
		assertThat(this.app.error("SELECT pgdispatch.move_jobs('none')").getMessage())
			.contains("there is no queue \"none\"");
		assertThat(this.app.error("SELECT pgdispatch.move_jobs(NULL, state => 'running')").getMessage())
			.contains("the state is running");
	}

	@Test
	void plainCommandThatRunsAloneIsRunning() throws Exception {
		this.app.run("SELECT pg_advisory_lock(7)", "SELECT pgdispatch.fire('SELECT pg_advisory_xact_lock(7)')");
		try (Session worker = this.queue.app()) {
			FutureTask<Session.Drain> work = Session.async(() -> worker.work());
			this.queue.awaitBlocked(worker);
			assertThat(this.app.values("SELECT state FROM pgdispatch.jobs()")).containsExactly("running");
			this.app.run("SELECT pg_advisory_unlock(7)");
			work.get();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "postgres" })
	void lockThatNoSessionOfTheRoleHoldsHereIsNoRunningCommand(String role) throws SQLException {
		String id = this.app.value("SELECT pgdispatch.dispatch('SELECT 1')");
		String lock = this.app.value("SELECT pgdispatch.execution_lock(" + id + ")");
		TestDatabase there = role.equals("app") ? new TestDatabase(this.database.port(), "postgres") : this.database;
		try (Session session = new Session(there, role)) {
			session.run("SELECT pg_advisory_lock(" + lock + ")");
			assertThat(this.app.value("SELECT state FROM pgdispatch.jobs()")).isEqualTo("waiting");
			assertThat(this.app.value("SELECT pgdispatch.cancel_jobs()")).isEqualTo("1");
		}
	}

	@Test
	void lastErrorIsKeptWhileACommandIsRetried() throws SQLException {
		String id = this.app.value(
				"SELECT pgdispatch.dispatch('SELECT 1/0', max_attempts => 2, label => 'a', headers => '{\"b\": \"c\"}')");
		this.app.work();
		assertThat(this.app.values("SELECT concat_ws(' ', sqlstate, message, attempts, name) FROM pgdispatch.jobs()"))
			.containsExactly("22012 division by zero 1 a");
		assertThat(this.app
			.value("SELECT concat_ws(' ', state, sqlstate, message, label, headers ->> 'b') FROM pgdispatch.find(" + id
					+ ")"))
			.isEqualTo("snoozed 22012 division by zero a c");
		this.app.run("SELECT pgdispatch.run_now(" + id + ")");
		this.app.work();
		assertThat(this.app.value("SELECT concat_ws(' ', label, options) FROM pgdispatch.dead_letter"))
			.isEqualTo("a {\"max_attempts\": 2}");
		this.app.run("SELECT pgdispatch.retry(" + id + ")");
		assertThat(this.app.value("SELECT concat_ws(' ', name, message) FROM pgdispatch.jobs()")).isEqualTo("a");
	}

	@Test
	void lastErrorIsKeptWhileACallIsRetried() throws SQLException {
		Node node = new Node(this.app);
		this.app.run("SELECT pgdispatch.dispatch_handler('h')");
		Node.Job job = node.claim(1, "h").get(0);
		this.app.run(
				"SELECT pgdispatch.fail_handler_job(claimed_by, handler, due_at, id, attempts, '22000', 'it failed', NULL, true,"
						+ " max_attempts => 2) FROM pgdispatch.handler_job WHERE id = " + job.id());
		assertThat(this.app.values("SELECT concat_ws(' ', state, sqlstate, message) FROM pgdispatch.jobs()"))
			.containsExactly("snoozed 22000 it failed");
		assertThat(this.app
			.value("SELECT concat_ws(' ', state, sqlstate, message) FROM pgdispatch.find(" + job.id() + ")"))
			.isEqualTo("snoozed 22000 it failed");
	}

	@Test
	void jobRunsNow() throws SQLException {
		String plain = this.app
			.value("SELECT pgdispatch.dispatch('" + Queue.effect("plain").replace("'", "''") + "', delay => '1 hour')");
		String managed = this.app.value("SELECT pgdispatch.dispatch('" + Queue.effect("managed").replace("'", "''")
				+ "', delay => '1 hour', priority => 5, ordering_key => 'o')");
		String call = this.app.value("SELECT pgdispatch.dispatch_handler('h', delay => '1 hour')");
		for (String id : List.of(plain, managed, call)) {
			assertThat(this.app.value("SELECT pgdispatch.run_now(" + id + ")")).isEqualTo("t");
		}
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("plain", "managed");
		assertThat(new Node(this.app).claim(1, "h")).hasSize(1);
	}

	@Test
	void cancelledJobsReleaseWhatTheyHeld() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', 1)",
				"SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'o', label => 'first')",
				"SELECT pgdispatch.dispatch('" + Queue.effect("second").replace("'", "''")
						+ "', ordering_key => 'o', key => 'k', label => 'second')",
				"SELECT pgdispatch.dispatch_handler('h', queue => 'q', keep_result => '1 hour')");
		assertThat(this.app.value("SELECT pgdispatch.cancel_jobs(name => 'first')")).isEqualTo("1");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("second");
		assertThat(this.app.value("SELECT pgdispatch.cancel_jobs(kind => 'handler')")).isEqualTo("1");
		assertThat(this.app.value("SELECT count(*) FROM pgdispatch.managed_job WHERE handler = 'h'")).isEqualTo("0");
		assertThat(this.app.value("SELECT state FROM pgdispatch.result")).isEqualTo("cancelled");
	}

	@Test
	void jobThatRunsIsNotCancelledByAFilter() throws Exception {
		this.app.run("SELECT pg_advisory_lock(7)", "SELECT pgdispatch.fire('SELECT pg_advisory_xact_lock(7)')");
		try (Session worker = this.queue.app()) {
			FutureTask<Session.Drain> work = Session.async(() -> worker.work());
			this.queue.awaitBlocked(worker);
			assertThat(this.app.value("SELECT pgdispatch.cancel_jobs()")).isEqualTo("0");
			this.app.run("SELECT pg_advisory_unlock(7)");
			assertThat(work.get().completed()).isOne();
		}
		assertThat(this.app.error("SELECT pgdispatch.cancel_jobs(state => 'running')").getSQLState())
			.isEqualTo("22023");
	}

	@Test
	void snoozedJobIsSnoozedAndDueJobIsHeldWhileEverythingIsPaused() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1'), pgdispatch.dispatch_handler('h')",
				"SELECT pgdispatch.snooze('SELECT 1', '1 hour'), pgdispatch.dispatch_handler('h', delay => '1 hour')",
				"SELECT pgdispatch.pause()");
		List<String> states = List.of("handler held", "handler snoozed", "sql held", "sql snoozed");
		assertThat(this.app.values("SELECT concat_ws(' ', kind, state) FROM pgdispatch.jobs() ORDER BY 1"))
			.isEqualTo(states);
		assertThat(this.app.values(
				"SELECT concat_ws(' ', kind, state) FROM pgdispatch.status() WHERE kind IN ('sql', 'handler') ORDER BY 1"))
			.isEqualTo(states);
		assertThat(this.app.values(
				"SELECT concat_ws(' ', kind, f.state) FROM pgdispatch.jobs() AS j, LATERAL pgdispatch.find(j.id) AS f ORDER BY 1"))
			.isEqualTo(states);
	}

	@Test
	void jobThatIsDueOrHeldOrGoneDoesNotRunNow() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'o') FROM generate_series(1, 2)",
				"SELECT pgdispatch.pause()");
		assertThat(this.app.values("SELECT pgdispatch.run_now(id) FROM pgdispatch.job")).containsOnly("f");
		assertThat(this.app.value("SELECT pgdispatch.run_now(0)")).isEqualTo("f");
	}

	@ParameterizedTest
	@CsvSource({ "state => 'failed',the state is failed", "kind => 'x',the kind is x" })
	void unknownFilterIsRefused(String filter, String message) throws SQLException {
		assertThat(this.app.error("SELECT * FROM pgdispatch.jobs(" + filter + ")").getMessage())
			.isEqualTo("pgdispatch: " + message);
	}

	@ParameterizedTest
	@CsvSource({ "label => ' '", "label => E'a\\nb'", "'label => '' '', max_attempts => 3, priority => 1'" })
	void labelThatIsNoNameIsRefused(String option) throws SQLException {
		assertThat(this.app.error("SELECT pgdispatch.dispatch('SELECT 1', " + option + ")").getSQLState())
			.isEqualTo("22023");
	}

}
