package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What has become of a job is kept for whoever asked for that, for as long as they did.
 */
class ResultTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	ResultTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.queue.run("DELETE FROM pgdispatch.setting");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			SELECT 1 AS a, 'x' AS b, NULL AS c                                | [{"a":1,"b":"x","c":null}]   | 1
			SELECT g FROM generate_series(1, 3) AS g                          | [{"g":1},{"g":2},{"g":3}]    | 3
			SELECT 1 AS a WHERE false                                         | []                           | 0
			SELECT                                                            | [{}]                         | 1
			VALUES ('{"k": [1]}'::jsonb)                                      | [{"column1":{"k": [1]}}]     | 1
			INSERT INTO public.effect VALUES ('one'), ('two') RETURNING job   | [{"job":"one"},{"job":"two"}] | 2
			""")
	void rowsAreKept(String command, String rows, String count) throws SQLException {
		long id = this.jobs.dispatch(command, "result => 'rows'");
		assertThat(this.jobs.result(id)).isEqualTo("pending");
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.jobs.result(id)).isEqualTo("done|" + rows + "|" + count);
		assertThat(this.jobs.result(id, "finished_at <= now()")).isEqualTo("t");
		assertThat(this.jobs.find(id, "state, finished_at <= now()")).isEqualTo("done|t");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			INSERT INTO public.effect VALUES ('one'), ('two')                        | 2
			CREATE TEMPORARY TABLE t ()                                              | 0
			INSERT INTO public.effect VALUES ('one'); SELECT 1 UNION ALL SELECT 2    | 2
			""")
	void whatHasNoRowsToBeKeptHasACount(String command, String count) throws SQLException {
		long id = this.jobs.dispatch(command, "result => 'rows'");
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.jobs.result(id)).isEqualTo("done|" + count);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			INSERT INTO public.effect VALUES ('one'), ('two')       | 2
			SELECT g FROM generate_series(1, 1000) AS g             | 1000
			SELECT 1; DELETE FROM public.effect                     | 0
			CREATE TEMPORARY TABLE t ()                             | 0
			""")
	void onlyTheCountIsKept(String command, String count) throws SQLException {
		long id = this.jobs.dispatch(command, "result => 'count'");
		this.app.work();
		assertThat(this.jobs.result(id)).isEqualTo("done|" + count);
	}

	@Test
	void keepResultAloneAsksForTheRows() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1 AS a", "keep_result => '1 day'");
		this.app.work();
		assertThat(this.jobs.result(id)).isEqualTo("done|[{\"a\":1}]|1");
		assertThat(this.queue
			.value("SELECT expires_at - finished_at BETWEEN '23:59:59' AND '24:00:01' " + "FROM pgdispatch.result"))
			.isEqualTo("t");
	}

	@Test
	void resultThatIsTooLargeIsAFailure() throws SQLException {
		this.queue.run("CALL pgdispatch.configure('app', result_limit => 1000)");
		long fits = this.jobs.dispatch("SELECT repeat('x', 900) AS a", "result => 'rows'");
		long large = this.jobs.dispatch(
				"INSERT INTO public.effect SELECT 'undone' FROM generate_series(1, 100) RETURNING job",
				"result => 'rows'");
		long counted = this.jobs.dispatch("SELECT repeat('x', 2000)", "result => 'count'");
		this.app.work();
		assertThat(this.jobs.state(fits)).isEqualTo("done");
		assertThat(this.jobs.state(counted)).isEqualTo("done");
		assertThat(this.jobs.result(large)).isEqualTo("failed|PD002|pgdispatch: the result is larger than 1000 bytes");
		assertThat(this.jobs.deadLetters("id, sqlstate, hint IS NOT NULL")).containsExactly(large + "|PD002|t");
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void failureIsKeptOnceTheAttemptsAreUsedUp() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1/0", "result => 'rows'", "max_attempts => 2", "back_off => '1 hour'");
		this.app.work();
		assertThat(this.jobs.result(id)).isEqualTo("pending");
		this.jobs.cancel(id);
		long failing = this.jobs.dispatch("SELECT 1/0", "result => 'rows'");
		this.app.work();
		assertThat(this.jobs.result(failing)).isEqualTo("failed|22012|division by zero");
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		assertThat(this.jobs.result(failing)).isEqualTo("failed|22012|division by zero");
	}

	@Test
	void retriedJobIsPendingAndThenDone() throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(1, "22012"), "result => 'count'");
		this.app.work();
		assertThat(this.jobs.result(id)).startsWith("failed");
		this.jobs.retry(id);
		assertThat(this.jobs.result(id)).isEqualTo("pending");
		this.app.work();
		assertThat(this.jobs.result(id)).isEqualTo("done|0");
	}

	@Test
	void plainJobIsPendingOrFailedOrNoMore() throws SQLException {
		long failing = this.jobs.dispatch("SELECT 1/0");
		long fine = this.jobs.dispatch("SELECT 1");
		assertThat(this.jobs.result(failing)).isEqualTo("pending");
		assertThat(this.jobs.result(fine)).isEqualTo("pending");
		this.app.work();
		assertThat(this.jobs.result(failing)).isEqualTo("failed|22012|division by zero");
		assertThat(this.jobs.result(fine)).isNull();
		assertThat(this.jobs.result(-1)).isNull();
	}

	@Test
	void resultIsNotSeenAfterItsTimeAndThenDeleted() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1", "keep_result => '1 hour'");
		this.app.work();
		this.queue.run("UPDATE pgdispatch.result SET expires_at = now()");
		assertThat(this.jobs.result(id)).isNull();
		assertThat(this.jobs.state(id)).isNull();
		this.app.run("SELECT pgdispatch.poll_queue(100, false)");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.result")).isEqualTo("0");
	}

	@Test
	void resultIsTheRolesOwn() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1", "result => 'rows'");
		this.app.work();
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		try (Session session = this.queue.session(other)) {
			assertThat(new ManagedJobs(session).result(id)).isNull();
			assertThat(new ManagedJobs(session).state(id)).isNull();
		}
	}

	@Test
	void whoWaitsForItIsNotified() throws Exception {
		try (Session listener = this.queue.app()) {
			String channel = listener.value("SELECT pgdispatch.result_channel('app')");
			listener.run("LISTEN " + channel);
			for (String command : new String[] { "SELECT 1", "SELECT 1/0", "SELECT pg_sleep(0)" }) {
				long id = this.jobs.dispatch(command, "result => 'rows'");
				if (command.contains("sleep")) {
					this.jobs.cancel(id);
				}
				this.app.fire("SELECT 1");
				this.app.work();
				this.app.run("NOTIFY " + channel + ", 'end'");
				List<String> notified = new ArrayList<>();
				while (!notified.contains("end")) {
					Stream.of(listener.connection().unwrap(PGConnection.class).getNotifications(60_000))
						.map(PGNotification::getParameter)
						.forEach(notified::add);
				}
				assertThat(notified).containsExactly(Long.toString(id), "end");
			}
		}
	}

	@Test
	void jobThatRunsIsPending() throws Exception {
		long id = this.jobs.dispatch("SELECT pg_advisory_xact_lock_shared(1)", "result => 'count'");
		this.queue.run("SELECT pg_advisory_lock(1)");
		try (Session worker = this.queue.app()) {
			FutureTask<Session.Drain> drain = Session.async(() -> worker.work());
			this.queue.awaitBlocked(worker);
			assertThat(this.jobs.result(id)).isEqualTo("pending");
			assertThat(this.jobs.find(id, "state, command, attempts"))
				.isEqualTo("running|SELECT pg_advisory_xact_lock_shared(1)|1");
			this.queue.run("SELECT pg_advisory_unlock(1)");
			assertThat(drain.get().completed()).isOne();
		}
		assertThat(this.jobs.result(id)).isEqualTo("done|1");
	}

	@Test
	void valueOfATransactionalMethodBeyondTheLimitFailsItsAttempt() throws SQLException {
		this.queue.run("CALL pgdispatch.configure(result_limit => 10)");
		this.app.run("SELECT pgdispatch.dispatch_handler('h', max_attempts => 2, keep_result => '1 hour')");
		Node node = new Node(this.app);
		Node.Job job = node.claim(1, "h").get(0);
		String complete = "SELECT pgdispatch.complete_handler_job('%s', 'h', '%s', %d, 1, '\"%s\"', true)";
		this.app.run("BEGIN", "INSERT INTO public.effect VALUES ('undone')");
		ServerErrorMessage error = this.app.error(complete.formatted(node.id(), job.dueAt(), job.id(), "123456789"));
		this.app.run("ROLLBACK");
		assertThat(error.getSQLState()).isEqualTo("PD002");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the result is larger than 10 bytes");
		assertThat(error.getHint()).contains("result_limit => ");
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.app.value(node.endSql(job, "true", "NULL", 1))).isEqualTo("retried");
		this.queue.run("UPDATE pgdispatch.handler_job SET due_at = now()",
				"UPDATE pgdispatch.managed_job SET due_at = now(), place = now(), rank = now()");
		job = node.claim(1, "h").get(0);
		this.app.run(complete.replace(", 1, '", ", 2, '").formatted(node.id(), job.dueAt(), job.id(), "12345678"));
		assertThat(this.jobs.result(job.id())).isEqualTo("done|\"12345678\"");
	}

	@Test
	void valueBeyondTheLimitIsRefusedWithAllThatAreCompletedWithIt() throws SQLException {
		this.queue.run("CALL pgdispatch.configure(result_limit => 10)");
		Node node = new Node(this.app);
		for (int i = 0; i < 2; i++) {
			this.app.run("SELECT pgdispatch.dispatch_handler('h', max_attempts => 5, keep_result => '1 hour')");
		}
		List<Node.Job> claimed = node.claim(2, "h");
		assertThat(this.app
			.error("""
					SELECT pgdispatch.complete_handler_jobs('%s', '{h,h}', ARRAY['%s', '%s']::timestamptz[], '{%d,%d}', '{1,1}',
						ARRAY['"ok"', '"123456789"']::json[])"""
				.formatted(node.id(), claimed.get(0).dueAt(), claimed.get(1).dueAt(), claimed.get(0).id(),
						claimed.get(1).id()))
			.getSQLState()).isEqualTo("PD002");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("2");
	}

}
