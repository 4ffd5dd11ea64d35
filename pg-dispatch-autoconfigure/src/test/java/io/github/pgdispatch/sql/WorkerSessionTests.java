package io.github.pgdispatch.sql;

import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGStatement;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a call of the executor needs of its session, and does to it.
 */
class WorkerSessionTests extends AbstractQueueTests {

	WorkerSessionTests(TestDatabase database) {
		super(database);
	}

	@Test
	void callInATransactionIsRefused() throws SQLException {
		this.app.fire(Queue.effect("waiting"));
		this.app.run("BEGIN");
		ServerErrorMessage error = this.app.error("CALL pgdispatch.work()");
		assertThat(error.getSQLState()).isEqualTo("2D000");
		this.app.run("ROLLBACK");
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.app.work().completed()).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "slice => '1 hour'" })
	void sessionIsAsGoodAsNewInTheEndButForItsStatementTimeoutAndIsolation(String argument) throws SQLException {
		this.app.run("SET statement_timeout = '7min'", "SET default_transaction_isolation = 'repeatable read'",
				"SET work_mem = '123kB'", "SET client_min_messages = debug1", "CREATE TEMP TABLE mine ()",
				"SELECT pg_advisory_lock(4711)", "LISTEN mine");
		this.app.fire("SET statement_timeout = '1min'");
		this.app.work(argument);
		assertThat(this.app.value("SHOW statement_timeout")).isEqualTo("7min");
		assertThat(this.app.value("SHOW default_transaction_isolation")).isEqualTo("repeatable read");
		assertThat(this.app.value("SHOW client_min_messages")).isEqualTo("notice");
		assertThat(this.app.value("SHOW work_mem")).isNotEqualTo("123kB");
		assertThat(this.app.values("SELECT pg_listening_channels()")).isEmpty();
		assertThat(this.app.value("SELECT to_regclass('pg_temp.mine')")).isNull();
		assertThat(this.app.values("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
			.isEmpty();
	}

	@Test
	void jobsHaveTheDefaultSettingsOfTheirRole() throws SQLException {
		this.queue.run("ALTER ROLE app SET app.tenant = 'default'");
		try (Session worker = this.queue.app()) {
			worker.run("SET app.tenant = 'mine'", "SET statement_timeout = '7min'");
			worker.fire("INSERT INTO public.effect VALUES (concat_ws('|', current_setting('app.tenant'), "
					+ "current_setting('statement_timeout'), current_setting('transaction_isolation')))");
			worker.work();
		}
		finally {
			this.queue.run("ALTER ROLE app RESET app.tenant");
		}
		assertThat(this.queue.effects()).containsExactly("default|0|read committed");
	}

	@Test
	void roleThatTakesOnAnotherByDefaultRunsItsOwnJobs() throws SQLException {
		String role = this.queue.createRole("LOGIN IN ROLE app");
		this.queue.grantTo(role);
		this.queue.run("ALTER ROLE " + role + " SET role = 'app'");
		this.app.fire(Queue.effect("job of app"));
		try (Session worker = this.queue.session(role)) {
			worker.run("SET ROLE NONE");
			for (int i = 0; i < 3; i++) {
				worker.fire("INSERT INTO public.effect VALUES (concat_ws('|', session_user, current_user))");
			}
			worker.work();
		}
		assertThat(this.queue.effects()).hasSize(3).containsOnly(role + "|" + role);
	}

	@Test
	void noticesOfJobsStayInTheServer() throws SQLException {
		this.app.fire("DO $$ BEGIN RAISE WARNING 'heard by nobody'; END $$");
		this.app.fire("DO $$ BEGIN RAISE WARNING 'heard by nobody'; END $$");
		this.app.fire("DO $$ BEGIN RAISE WARNING 'heard by nobody'; END $$");
		try (PreparedStatement call = this.app.connection().prepareStatement("CALL pgdispatch.work()")) {
			call.execute();
			assertThat((Object) call.getWarnings()).isNull();
		}
	}

	@Test
	void statementsThatTheDriverHasPreparedGoOnWorking() throws SQLException {
		try (PreparedStatement query = this.app.connection().prepareStatement("SELECT ?::int + 1");
				CallableStatement call = this.app.connection().prepareCall("CALL pgdispatch.work()")) {
			query.unwrap(PGStatement.class).setPrepareThreshold(1);
			call.unwrap(PGStatement.class).setPrepareThreshold(1);
			for (int i = 0; i < 10; i++) {
				this.app.fire("PREPARE leftover AS SELECT 1");
				this.app.fire("PREPARE leftover AS SELECT 1");
				call.execute();
				query.setInt(1, i);
				try (ResultSet row = query.executeQuery()) {
					row.next();
					assertThat(row.getInt(1)).isEqualTo(i + 1);
				}
			}
			assertThat(this.app.value("SELECT count(*) >= 2 FROM pg_prepared_statements WHERE NOT from_sql"))
				.isEqualTo("t");
			assertThat(this.queue.deadLetters()).isZero();
		}
	}

	@Test
	void positionAndPaceOfACallCarryOnInTheNext() throws SQLException {
		for (int i = 0; i < 100; i++) {
			this.app.fire("SELECT 1");
		}
		int completed = 0;
		Session.Drain drain = new Session.Drain(1, 0, 0, false, null);
		while (!drain.drained()) {
			drain = this.app.work("slice => '0'", "prefetch => " + drain.prefetch());
			completed += drain.completed();
		}
		assertThat(completed).isEqualTo(100);
		assertThat(drain.prefetch()).isOne();
	}

	@Test
	void callWithNothingToDoSaysWhenToComeBack() throws SQLException {
		this.app.snooze("SELECT 1", Duration.ofHours(1));
		Session.Drain drain = this.app.work("slice => '1 s'");
		assertThat(drain.drained()).isTrue();
		assertThat(drain.completed() + drain.failed()).isZero();
		assertThat(drain.nextDueIn()).startsWith("00:59:5");
	}

}
