package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.NextVersion;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What was dispatched before an upgrade is run after it, whatever was asked of it.
 */
@Tag("every-postgresql")
@PostgresTest
class UpgradeTests {

	private final TestDatabase database;

	private final Queue queue;

	private final NextVersion next;

	UpgradeTests(TestDatabase database) {
		this.database = database;
		this.queue = new Queue(database);
		this.next = NextVersion.get();
	}

	@BeforeEach
	void install() throws SQLException {
		this.queue.run("DROP SCHEMA IF EXISTS pgdispatch CASCADE", "DROP TABLE IF EXISTS public.effect");
		this.queue.install();
	}

	@AfterEach
	void close() throws SQLException {
		this.queue.close();
	}

	@Test
	void jobsOfEveryKindOutliveIt() throws SQLException {
		try (Session app = this.queue.app()) {
			ManagedJobs managed = new ManagedJobs(app);
			app.fire("SELECT 1/0");
			app.work();
			app.fire(Queue.effect("plain"));
			app.run("SELECT pgdispatch.snooze($$" + Queue.effect("snoozed") + "$$, '1 hour')");
			app.run("SELECT pgdispatch.set_queue('mail', 1)");
			managed.dispatch(Queue.effect("key"), "key => 'k'");
			managed.dispatch(Queue.effect("order 1"), "ordering_key => 'o'");
			managed.dispatch(Queue.effect("order 2"), "ordering_key => 'o'");
			managed.dispatch(Queue.effect("queue"), "queue => 'mail'", "priority => 60");
			long result = managed.dispatch("SELECT 42 AS answer", "result => 'rows'");
			app.run("SELECT pgdispatch.dispatch_handler('a')",
					"SELECT pgdispatch.dispatch_handler('b', key => 'b', max_attempts => 3)");
			this.database.update("postgres", this.next);
			assertThat(this.queue.value("SELECT pgdispatch.version()")).isEqualTo(NextVersion.NAME);
			assertThat(managed.dispatch(Queue.effect("duplicate"), "key => 'k'")).isPositive();
			app.work();
			assertThat(this.queue.effects()).containsExactlyInAnyOrder("plain", "key", "order 1", "order 2", "queue")
				.containsSubsequence("order 1", "order 2");
			assertThat(managed.result(result, "state, value")).isEqualTo("done|[{\"answer\":42}]");
			Node node = new Node(app);
			assertThat(node.complete(node.claim(1, "a").get(0))).isTrue();
			assertThat(node.complete(node.claim(1, "b").get(0))).isTrue();
			assertThat(this.queue.jobs()).isOne();
			assertThat(managed.retry(Long.parseLong(app.value("SELECT id FROM pgdispatch.dead_letter")))).isTrue();
			app.work();
			assertThat(managed.deadLetters("command, message")).containsExactly("SELECT 1/0|division by zero");
		}
	}

	@Test
	void claimsOfANodeOutliveIt() throws SQLException {
		try (Session app = this.queue.app()) {
			app.run("SELECT pgdispatch.dispatch_handler('a')", "SELECT pgdispatch.dispatch_handler('b')");
			Node node = new Node(app);
			Node.Job done = node.claim(1, "a").get(0);
			Node.Job failed = node.claim(1, "b").get(0);
			this.database.update("postgres", this.next);
			assertThat(node.complete(done)).isTrue();
			assertThat(node.fail(failed)).isTrue();
			assertThat(this.queue.deadLetters()).isOne();
		}
	}

	@Test
	void whoeverIsKilledInTheMiddleOfItLeavesEverythingAsItWas() throws Exception {
		List<String> before = objects();
		try (Session app = this.queue.app(); Session upgrade = this.queue.admin()) {
			app.run("BEGIN", "SELECT pgdispatch.fire($$" + Queue.effect("open") + "$$)");
			FutureTask<?> task = Session.async(() -> {
				upgrade.run("BEGIN", this.next.updateScript(), "COMMIT");
				return null;
			});
			this.queue.awaitBlocked(upgrade);
			this.queue.kill(upgrade);
			assertThatException().isThrownBy(task::get);
			app.run("COMMIT");
			assertThat(objects()).isEqualTo(before);
			assertThat(app.work().completed()).isOne();
			this.database.update("postgres", this.next);
			app.fire(Queue.effect("afterwards"));
			assertThat(app.work().completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly("open", "afterwards");
	}

	@Test
	void leadsToWhatAnInstallationOfTheNextVersionLeadsTo() throws SQLException {
		this.database.update("postgres", this.next);
		List<String> updated = objects();
		this.queue.run("DROP SCHEMA pgdispatch CASCADE", this.next.installScript());
		this.queue.grantTo("app");
		assertThat(updated).isEqualTo(objects());
	}

	/**
	 * Everything in the schema: definitions, columns, privileges.
	 */
	private List<String> objects() throws SQLException {
		return this.queue.values("""
				SELECT pg_get_functiondef(p.oid) || p.proacl::text || obj_description(p.oid, 'pg_proc')
				  FROM pg_proc AS p
				 WHERE p.pronamespace = 'pgdispatch'::regnamespace
				 UNION ALL
				SELECT concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
				                 pg_get_expr(d.adbin, d.adrelid), c.relacl, col_description(c.oid, a.attnum))
				  FROM pg_class AS c
				  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
				  LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
				 WHERE c.relnamespace = 'pgdispatch'::regnamespace
				 ORDER BY 1""");
	}

}
