package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That the rows which nodes insert are checked and announced as those of {@code dispatch}
 * and {@code dispatch_handler}.
 */
class NodeInsertTests extends AbstractQueueTests {

	private static final String COMMAND = """
			INSERT INTO pgdispatch.job (role, command)
			VALUES (pgdispatch.wake_drivers_if_idle(true, %s), pgdispatch.valid_command(%s))""";

	private static final String HANDLER = """
			INSERT INTO pgdispatch.handler_job (role, handler, arguments)
			VALUES (pgdispatch.wake_nodes_if_idle(%s), %s, pgdispatch.valid_arguments(%2$s, %s))""";

	NodeInsertTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "NULL", "''", "' '", "E' \\n\\t'" })
	void commandThatIsNoneIsRefused(String command) {
		ServerErrorMessage error = this.app.error(COMMAND.formatted(true, command));
		ServerErrorMessage expected = this.app.error("SELECT pgdispatch.dispatch(" + command + ")");
		assertThat(error.getMessage()).isEqualTo(expected.getMessage()).startsWith("pgdispatch: ");
		assertThat(error.getSQLState()).isEqualTo(expected.getSQLState());
		assertThat(error.getHint()).isEqualTo(expected.getHint());
	}

	@ParameterizedTest
	@ValueSource(strings = { "NULL", "''", "E' \\n\\t'" })
	void handlerWithoutANameIsRefused(String name) {
		assertThat(this.app.error(HANDLER.formatted(true, name, "'{}'")).getMessage())
			.isEqualTo("pgdispatch: the name of the handler is missing");
	}

	@ParameterizedTest
	@ValueSource(strings = { "NULL", "'[1]'", "'null'" })
	void argumentsThatAreNoObjectAreRefused(String arguments) {
		assertThat(this.app.error(HANDLER.formatted(true, "'a.b'", arguments)).getMessage())
			.isEqualTo("pgdispatch: the arguments of a.b are not a JSON object");
	}

	@Test
	void roleThatCannotLogInIsRefused() throws SQLException {
		this.app.run(COMMAND.formatted(true, "'SELECT 1'"), HANDLER.formatted(true, "'a'", "'{}'"));
		String role = this.queue.createRole("NOLOGIN");
		this.queue.grantTo(role);
		this.queue.run("GRANT " + role + " TO app");
		this.app.run("SET ROLE " + role);
		for (String insert : List.of(COMMAND.formatted(true, "'SELECT 1'"), HANDLER.formatted(true, "'a'", "'{}'"))) {
			ServerErrorMessage error = this.app.error(insert);
			assertThat(error.getSQLState()).isEqualTo("28000");
			assertThat(error.getMessage()).contains("role " + role + " cannot log in");
		}
	}

	@Test
	void onlyADriverThatRestsIsNotified() throws SQLException {
		assertOnlyWhoRestsIsNotified("driver_channel", "SELECT pgdispatch.poll_queue(100, true)",
				COMMAND.formatted(true, "'SELECT 1'"), COMMAND.formatted(false, "'SELECT 1'"));
	}

	@Test
	void onlyANodeThatRestsIsNotified() throws SQLException {
		assertOnlyWhoRestsIsNotified("node_channel", "SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{a}', true)",
				HANDLER.formatted(true, "'a'", "'{}'"), HANDLER.formatted(false, "'a'", "'{}'"));
	}

	private void assertOnlyWhoRestsIsNotified(String channel, String rest, String insert, String quietInsert)
			throws SQLException {
		try (Session watch = this.queue.app()) {
			String name = watch.value("SELECT pgdispatch." + channel + "('app')");
			watch.run("LISTEN " + name);
			this.app.run(insert);
			assertThat(notifications(watch)).as("nobody rests").isEmpty();
			watch.run(rest);
			this.app.run(quietInsert, "BEGIN", insert, "ROLLBACK");
			assertThat(notifications(watch)).as("not asked for, or rolled back").isEmpty();
			this.app.run(insert);
			assertThat(notifications(watch)).containsExactly(name);
		}
	}

	@Test
	void noLockOfTheSessionIsLeft() throws SQLException {
		this.app.run(COMMAND.formatted(true, "'SELECT 1'"), HANDLER.formatted(true, "'a'", "'{}'"));
		assertThat(
				this.app.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
			.isEqualTo("0");
	}

	/**
	 * What this is for: a call of a function would cost more than the row.
	 */
	@Test
	void functionsAreExpressionsOfTheStatement() throws SQLException {
		for (String insert : List.of(COMMAND.formatted(true, "'SELECT 1'"), HANDLER.formatted(true, "'a'", "'{}'"))) {
			assertThat(this.app.values("EXPLAIN (VERBOSE, COSTS OFF) " + insert)).isNotEmpty()
				.noneMatch((line) -> line.contains("pgdispatch.wake_drivers_if_idle")
						|| line.contains("pgdispatch.valid_command"));
		}
	}

}
