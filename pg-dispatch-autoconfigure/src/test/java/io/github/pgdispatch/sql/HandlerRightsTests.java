package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.sql.Node.Job;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Jobs of handlers are those of the role that dispatched them, and so are its nodes.
 */
class HandlerRightsTests extends AbstractQueueTests {

	HandlerRightsTests(TestDatabase database) {
		super(database);
	}

	private String stranger() throws SQLException {
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		return role;
	}

	@Test
	void strangerSeesAndGetsNothing() throws SQLException {
		assertGetsNothing(stranger(), "0");
	}

	@Test
	void superuserSeesAllAndGetsNothing() throws SQLException {
		assertGetsNothing("postgres", "2");
	}

	private void assertGetsNothing(String role, String visible) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('a')",
				"UPDATE pgdispatch.handler_job SET due_at = now() - interval '1 hour'");
		try (Session session = this.queue.session(role)) {
			Node stranger = new Node(session, "1 millisecond");
			assertThat(stranger.claim(10, "a")).isEmpty();
			assertThat(session
				.value("SELECT (due, unknown)::text FROM pgdispatch.poll_handlers(gen_random_uuid(), '{a}', false)"))
				.isEqualTo("(f,{})");
			Node node = new Node(this.app);
			Job job = node.claim(10, "a").get(0);
			stranger.end();
			assertThat(session
				.value("SELECT (SELECT count(*) FROM pgdispatch.handler_job) + (SELECT count(*) FROM pgdispatch.node)"))
				.isEqualTo(visible);
			session.run("SELECT pgdispatch.end_lease('" + node.id() + "')");
			for (String call : new String[] { "complete_handler_job(%s)", "release_handler_job(%s)",
					"fail_handler_job(%s, NULL, 'no', 'no') IS NOT NULL" }) {
				assertThat(session.value("SELECT pgdispatch."
						+ call.formatted("'%s', 'a', '%s', %d, 1".formatted(node.id(), job.dueAt(), job.id()))))
					.isEqualTo("f");
			}
			assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.node")).isEqualTo("1");
			assertThat(node.complete(job)).isTrue();
		}
	}

	@Test
	void nodesOfTwoRolesMayHaveTheSameId() throws SQLException {
		try (Session session = this.queue.session(stranger())) {
			Node node = new Node(this.app);
			node.renew();
			session.run("SELECT pgdispatch.renew_lease('" + node.id() + "', '1 hour')");
			assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.node")).isEqualTo("2");
			node.end();
			assertThat(session.value("SELECT count(*) FROM pgdispatch.node")).isEqualTo("1");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO pgdispatch.handler_job (role, handler, arguments) VALUES ('%s', 'a', '{}')",
			"INSERT INTO pgdispatch.node VALUES ('%s', gen_random_uuid(), now(), '0')",
			"UPDATE pgdispatch.handler_job SET role = '%s'", "UPDATE pgdispatch.node SET role = '%s'" })
	void nothingCanBeGivenToAnotherRole(String statement) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('a')");
		new Node(this.app).claim(1, "a");
		ServerErrorMessage error = this.app.error(statement.formatted(stranger()));
		assertThat(error.getSQLState()).isEqualTo("42501");
		assertThat(error.getMessage()).contains("row-level security");
	}

	@Test
	void roleThatWasGrantedEverythingCanLoseItAgain() throws SQLException {
		String role = stranger();
		try (Session session = this.queue.session(role)) {
			session.run("SELECT pgdispatch.dispatch_handler(h) FROM unnest('{a,b,c}'::text[]) AS h");
			Node node = new Node(session);
			assertThat(node.complete(node.claim(1, "a").get(0))).isTrue();
			assertThat(node.fail(node.claim(1, "b").get(0))).isTrue();
			this.app.run("SELECT pgdispatch.dispatch_handler('c')");
			this.queue.run("CALL pgdispatch.revoke_from('" + role + "')");
			assertThat(session.error("SELECT pgdispatch.dispatch_handler('a')").getSQLState()).isEqualTo("42501");
		}
		assertThat(this.queue.values("SELECT role FROM pgdispatch.handler_job")).containsExactly("app");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.node")).isEqualTo("0");
		assertThat(this.queue.deadLetters()).isZero();
		this.queue.run("DROP ROLE " + role);
	}

}
