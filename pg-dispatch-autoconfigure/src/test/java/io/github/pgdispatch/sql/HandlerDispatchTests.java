package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What may be passed to {@code dispatch_handler}, what is refused, and what comes of it.
 */
class HandlerDispatchTests extends AbstractQueueTests {

	private static final String DISPATCH = "SELECT pgdispatch.dispatch_handler('mail.welcome')";

	HandlerDispatchTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "NULL", "''", "'   '", "E' \\n\\t'" })
	void handlerWithoutANameIsRefused(String name) {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.dispatch_handler(" + name + ")");
		assertThat(error.getSQLState()).isEqualTo("22023");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the name of the handler is missing");
		assertThat(error.getHint()).contains("@AfterCommitDispatch", "'signUpSideEffects.welcome'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "NULL", "'[1]'", "'1'", "'null'", "'\"x\"'" })
	void argumentsThatAreNoObjectAreRefused(String arguments) {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.dispatch_handler('a.b', " + arguments + ")");
		assertThat(error.getSQLState()).isEqualTo("22023");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the arguments of a.b are not a JSON object");
		assertThat(error.getHint()).contains("json_build_object('profileId', 42)");
	}

	@ParameterizedTest
	@CsvSource({ "-1 microseconds, -00:00:00.000001", "1 day -25 hours, 1 day -25:00:00" })
	void negativeDelayIsRefused(String delay, String told) {
		assertRefused("'" + delay + "'", "22023", told, "Pass an interval from zero to 10 years.");
	}

	@Test
	void nullDelayIsRefused() {
		assertRefused("NULL", "22004", "NULL", "Pass an interval such as '20 seconds', or '0' for no delay.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "infinity", "-infinity" })
	void infiniteDelayIsRefused(String delay) throws SQLException {
		assumeTrue(Integer.parseInt(this.app.value("SHOW server_version_num")) >= 170000,
				"There are no infinite intervals before PostgreSQL 17");
		assertRefused("'" + delay + "'", "22023", delay, "Pass an interval from zero to 10 years.");
	}

	private void assertRefused(String delay, String sqlState, String told, String hint) {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.dispatch_handler('a.b', '{}', " + delay + ")");
		assertThat(error.getSQLState()).isEqualTo(sqlState);
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the delay is " + told);
		assertThat(error.getHint()).isEqualTo(hint);
	}

	@Test
	void readOnlyTransactionIsRefused() throws SQLException {
		this.app.run("BEGIN READ ONLY");
		ServerErrorMessage error = this.app.error(DISPATCH);
		assertThat(error.getSQLState()).isEqualTo("25006");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: a job cannot be dispatched in a read-only transaction");
		assertThat(error.getHint()).isEqualTo("Dispatch in a read-write transaction.");
		this.app.run("ROLLBACK");
	}

	@Test
	void roleThatCannotLogInIsRefused() throws SQLException {
		String role = this.queue.createRole("NOLOGIN");
		this.queue.grantTo(role);
		this.queue.run("GRANT " + role + " TO app");
		this.app.run("SET ROLE " + role);
		ServerErrorMessage error = this.app.error(DISPATCH);
		assertThat(error.getSQLState()).isEqualTo("28000");
		assertThat(error.getMessage())
			.isEqualTo("pgdispatch: role " + role + " cannot log in, so nothing can run its jobs");
		assertThat(error.getHint()).contains("SECURITY DEFINER", "ALTER ROLE " + role + " LOGIN");
	}

	@Test
	void nameIsAllThatIsNeeded() throws SQLException {
		String id = this.app.value(DISPATCH);
		assertThat(this.app.value("""
				SELECT format('%s %s %s %s %s %s %s %s', id, role, handler, arguments, coalesce(headers::text, 'none'),
				              attempts, due_at = dispatched_at, coalesce(claimed_by::text, 'none'))
				  FROM pgdispatch.handler_job""")).isEqualTo(id + " app mail.welcome {} none 0 t none");
	}

	@Test
	void argumentsAndHeadersAreKeptAsTheyAre() throws SQLException {
		this.app
			.run("""
					SELECT pgdispatch.dispatch_handler('a', '{"b":1,  "a":1.0, "nul":"\\u0000"}', headers => '{"trace": "x"}')""");
		assertThat(this.app.values("SELECT arguments || ' ' || headers FROM pgdispatch.handler_job"))
			.containsExactly("{\"b\":1,  \"a\":1.0, \"nul\":\"\\u0000\"} {\"trace\": \"x\"}");
	}

	@ParameterizedTest
	@CsvSource({ "0, 00:00:00", "0.999 seconds, 00:00:00", "1.9 seconds, 00:00:01", "90.5 minutes, 01:30:30" })
	void delayIsTruncatedToWholeSecondsFromTheStartOfTheTransaction(String delay, String kept) throws SQLException {
		this.app.run("BEGIN", "SELECT pg_sleep(0.01)",
				"SELECT pgdispatch.dispatch_handler('a', delay => '" + delay + "')");
		assertThat(this.app
			.value("SELECT dispatched_at = now() AND due_at = now() + '" + kept + "' FROM pgdispatch.handler_job"))
			.isEqualTo("t");
		this.app.run("COMMIT");
	}

	@Test
	void onlyWhatIsCommittedIsThere() throws SQLException {
		try (Session other = this.queue.app()) {
			Node node = new Node(other);
			this.app.run("BEGIN", "SELECT pgdispatch.dispatch_handler('before')", "SAVEPOINT here",
					"SELECT pgdispatch.dispatch_handler('rolled_back')", "ROLLBACK TO here",
					"SELECT pgdispatch.dispatch_handler('after')");
			assertThat(node.claim(10, "before", "rolled_back", "after")).isEmpty();
			this.app.run("COMMIT", "BEGIN", "SELECT pgdispatch.dispatch_handler('rolled_back')", "ROLLBACK");
			assertThat(node.claim(10, "before", "rolled_back", "after")).extracting(Node.Job::handler)
				.containsExactly("before", "after");
		}
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void openTransactionsWaitForNobody(String isolation) throws SQLException {
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			for (Session session : new Session[] { one, two, this.app }) {
				session.run("SET lock_timeout = '1ms'");
			}
			Node node = new Node(this.app);
			one.run("BEGIN ISOLATION LEVEL " + isolation);
			two.run("BEGIN ISOLATION LEVEL " + isolation);
			for (int i = 0; i < 3; i++) {
				one.run(DISPATCH);
				two.run(DISPATCH);
			}
			watch(this.app);
			assertThat(node.claim(10, "mail.welcome")).isEmpty();
			one.run(DISPATCH, "COMMIT");
			assertThat(node.claim(10, "mail.welcome")).hasSize(4);
			two.run(DISPATCH, "COMMIT");
			assertThat(node.claim(10, "mail.welcome")).hasSize(4);
		}
	}

	@Test
	void onlyANodeThatRestsIsNotified() throws SQLException {
		try (Session watch = this.queue.app(); Session commands = this.queue.app()) {
			String channel = watch.value("SELECT pgdispatch.node_channel('app')");
			watch.run("LISTEN " + channel);
			commands.run("LISTEN " + commands.value("SELECT pgdispatch.driver_channel('app')"),
					"SELECT pgdispatch.poll_queue(100, true)");
			this.app.run(DISPATCH);
			assertThat(notifications(watch)).isEmpty();
			watch(watch);
			this.app.run(DISPATCH);
			assertThat(notifications(watch)).containsExactly(channel);
			this.app.run("SELECT pgdispatch.dispatch_handler('a', notify => false)",
					"SELECT pgdispatch.fire('SELECT 1')", "BEGIN", DISPATCH, "ROLLBACK", "SET pgdispatch.notify = off",
					DISPATCH);
			assertThat(notifications(watch)).isEmpty();
			watch.run("SELECT pgdispatch.stop_idling_node()");
			this.app.run("RESET pgdispatch.notify", DISPATCH);
			assertThat(notifications(watch)).isEmpty();
			assertThat(notifications(commands)).as("of the command, and of no handler")
				.containsExactly(commands.value("SELECT pgdispatch.driver_channel('app')"));
		}
	}

	private static void watch(Session session) throws SQLException {
		session.run("SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{mail.welcome}', true)");
	}

}
