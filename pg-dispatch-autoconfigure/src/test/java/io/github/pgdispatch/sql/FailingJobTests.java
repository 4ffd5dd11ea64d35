package io.github.pgdispatch.sql;

import java.sql.SQLException;
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
 * A job that fails is kept with its error, after one attempt, and costs no other job
 * anything.
 */
class FailingJobTests extends AbstractQueueTests {

	FailingJobTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void jobsAroundAFailingOneAreDone(String prefetch) throws SQLException {
		for (int i = 0; i < 5; i++) {
			this.app.fire(Queue.effect("before"));
		}
		this.app.fire(Queue.effect("undone") + "; SELECT 1/0");
		for (int i = 0; i < 5; i++) {
			this.app.fire(Queue.effect("after"));
		}
		Session.Drain drain = this.app.work(prefetch);
		assertThat(drain.completed()).isEqualTo(10);
		assertThat(drain.failed()).isOne();
		assertThat(drain.drained()).isTrue();
		assertThat(this.queue.effects()).hasSize(10).containsOnly("before", "after");
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void errorIsKeptWithAllThatItSays() throws SQLException {
		this.app.run("""
				CREATE OR REPLACE FUNCTION public.fail() RETURNS void LANGUAGE plpgsql AS $$
				BEGIN
					RAISE 'the message' USING ERRCODE = 'XX123', DETAIL = 'the detail', HINT = 'the hint';
				END $$""");
		this.app.run("BEGIN", "SELECT pgdispatch.fire('SELECT public.fail()')");
		String row = this.app
			.value("SELECT format('%s|%s|%s|%s', role, id, dispatched_at, due_at) FROM pgdispatch.job");
		this.app.run("COMMIT");
		this.app.work();
		assertThat(this.app
			.value("SELECT format('%s|%s|%s|%s', role, id, dispatched_at, due_at) FROM pgdispatch.dead_letter"))
			.isEqualTo(row);
		assertThat(this.app.value("""
				SELECT concat_ws('|', command, sqlstate, message, detail, hint, crashes, failed_at > due_at)
				  FROM pgdispatch.dead_letter"""))
			.isEqualTo("SELECT public.fail()|XX123|the message|the detail|the hint|0|t");
		assertThat(context()).isEqualTo("""
				PL/pgSQL function fail() line 3 at RAISE
				SQL statement "SELECT public.fail()\"""");
	}

	@Test
	void errorThatSaysLittleIsKeptWithNulls() throws SQLException {
		this.app.fire("COMMIT");
		this.app.work();
		assertThat(this.app.value("SELECT num_nulls(detail, context) || message FROM pgdispatch.dead_letter"))
			.isEqualTo("2EXECUTE of transaction commands is not implemented");
	}

	@Test
	void contextIsTheJobsOwnWhateverTheSessionsSettings() throws SQLException {
		this.queue.run("ALTER ROLE app SET search_path = pgdispatch, public",
				"ALTER ROLE app SET standard_conforming_strings = off");
		try (Session worker = this.queue.app()) {
			worker.fire("SELECT 1/0");
			worker.work();
		}
		finally {
			this.queue.run("ALTER ROLE app RESET search_path", "ALTER ROLE app RESET standard_conforming_strings");
		}
		assertThat(context()).isEqualTo("SQL statement \"SELECT 1/0\"");
	}

	@ParameterizedTest
	@ValueSource(strings = { "rows", "count" })
	void contextOfAJobWhoseResultIsKeptIsItsOwn(String result) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1/0', result => '" + result + "', keep_result => '1 hour')");
		this.app.work();
		assertThat(context()).isEqualTo("SQL statement \"SELECT 1/0\"");
	}

	private String context() throws SQLException {
		return this.app.value("SELECT context FROM pgdispatch.dead_letter");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			syntax error                               | 42601
			SELECT no_such_function()                  | 42883
			DO $$ BEGIN ASSERT false; END $$           | P0004
			DO $$ BEGIN RAISE query_canceled; END $$   | 57014
			SET statement_timeout = 'never'            | 22023
			COMMIT                                     | 0A000
			ROLLBACK                                   | 0A000
			SAVEPOINT here                             | 0A000
			DO $$ BEGIN COMMIT; END $$                 | 2D000
			CALL pgdispatch.work()                     | 2D000
			VACUUM                                     | 25001
			DISCARD ALL                                | 25001
			COPY public.effect TO STDOUT               | 0A000
			SET TRANSACTION READ ONLY; DELETE FROM public.effect | 25006
			""")
	void anyErrorIsADeadLetter(String command, String sqlState) throws SQLException {
		for (String how : List.of("prefetch => 50", "prefetch => 100", "prefetch => 1", "prefetch => -49")) {
			this.app.fire(command);
			this.app.fire(Queue.effect("done"));
			assertThat(this.app.work(how).failed()).as(how).isOne();
		}
		assertThat(this.queue.values("SELECT sqlstate FROM pgdispatch.dead_letter")).containsExactly(sqlState, sqlState,
				sqlState, sqlState);
		assertThat(this.queue.effects()).containsExactly("done", "done", "done", "done");
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void jobThatFailsAtItsEndOnlyFailsAlone(String prefetch) throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.unique_later",
				"CREATE TABLE public.unique_later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
				"INSERT INTO public.unique_later VALUES (1)");
		this.app.fire(Queue.effect("before"));
		this.app.fire("INSERT INTO public.unique_later VALUES (1)");
		this.app.fire("INSERT INTO public.unique_later VALUES (2), (2); "
				+ "DELETE FROM public.unique_later WHERE ctid = (SELECT max(ctid) FROM public.unique_later)");
		this.app.fire(Queue.effect("after"));
		assertThat(this.app.work(prefetch).failed()).isOne();
		assertThat(this.queue.effects()).containsExactly("before", "after");
		assertThat(this.app.values("SELECT id FROM public.unique_later")).containsExactly("1", "2");
		assertThat(this.queue.values("SELECT command || sqlstate FROM pgdispatch.dead_letter"))
			.containsExactly("INSERT INTO public.unique_later VALUES (1)23505");
	}

	@Test
	void deadlockOfTwoWorkersCostsNoJob() throws Exception {
		this.queue.run("ALTER ROLE app SET idle_in_transaction_session_timeout = 0",
				"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 50', current_database()); END $$");
		this.app.run("DROP TABLE IF EXISTS public.contended",
				"CREATE TABLE public.contended AS SELECT id, 0 AS n FROM generate_series(1, 2) AS id");
		String change = "UPDATE public.contended SET n = n + 1 WHERE id = ";
		String gate = "SELECT pg_advisory_xact_lock_shared(1); ";
		this.app.fire(change + 1);
		this.app.fire(gate + change + 2);
		this.app.fire(change + 2);
		this.app.fire(gate + change + 1);
		this.queue.run("SELECT pg_advisory_lock(1)");
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			FutureTask<Session.Drain> first = Session.async(() -> one.work("prefetch => 2"));
			this.queue.awaitBlocked(one);
			FutureTask<Session.Drain> second = Session.async(() -> two.work("prefetch => 2"));
			this.queue.awaitBlocked(two);
			this.queue.run("SELECT pg_advisory_unlock(1)");
			assertThat(first.get().completed() + second.get().completed()).isEqualTo(4);
		}
		assertThat(this.queue.values("SELECT n FROM public.contended")).containsExactly("2", "2");
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void deadLetterCanBeFiredAgain() throws SQLException {
		this.app.run("DROP TABLE IF EXISTS public.missing");
		this.app.fire("INSERT INTO public.missing VALUES ('there')");
		this.app.work();
		this.app.run("CREATE TABLE public.missing (job text)");
		this.app.run("WITH failed AS (DELETE FROM pgdispatch.dead_letter RETURNING command) "
				+ "SELECT pgdispatch.fire(command) FROM failed");
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.app.values("TABLE public.missing")).containsExactly("there");
	}

}
