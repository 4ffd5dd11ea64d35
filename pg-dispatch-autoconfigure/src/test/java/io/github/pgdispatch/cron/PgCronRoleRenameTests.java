package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * While pg_cron has a job of a role that has another name by now, it runs no job of
 * anybody. Where a superuser owns the schema, whoever comes next repairs that.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronRoleRenameTests {

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronRoleRenameTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
		this.queue
			.run("CREATE ROLE former LOGIN; GRANT USAGE ON SCHEMA cron TO former; CALL pgdispatch.grant_to('former')");
	}

	@AfterEach
	void dropRole() {
		if (this.queue.is("EXISTS (SELECT FROM pg_roles WHERE rolname = 'present')")) {
			this.queue.run("CALL pgdispatch.revoke_from('present'); DROP OWNED BY present; DROP ROLE present");
		}
	}

	@Test
	void dispatchOfAnotherRoleRepairs() {
		snooze("8 seconds");
		awaitAlarm();
		rename();
		this.queue.fire(CronQueue.effect("other"));
		this.queue.awaitEffects(2);
		assertRepaired();
	}

	@Test
	void pollOfAnotherRoleRepairs() throws SQLException {
		snooze("1 hour");
		awaitAlarm();
		rename();
		try (Session node = new Session(this.server.database(), "app")) {
			node.value("SELECT pgdispatch.poll_queue(10, false)");
		}
		assertThat(this.queue.count("cron.job WHERE username = 'present'")).isEqualTo(2);
		assertRepaired();
	}

	@Test
	void workerRepairsWhenItLeaves() {
		new JdbcTemplate(this.server.database().dataSource("former"))
			.execute("SELECT pgdispatch.fire($$" + CronQueue.slowEffect("running", Duration.ofSeconds(2)) + "$$)");
		snooze("8 seconds");
		await()
			.until(() -> this.queue.count("pg_stat_activity WHERE wait_event = 'PgSleep' AND " + CronQueue.WORKER) > 0);
		rename();
		this.queue.awaitEffects(2);
		assertRepaired();
	}

	@Test
	void whatADroppedRoleHadIsRemoved() {
		snooze("1 hour");
		awaitAlarm();
		this.queue.run("DROP OWNED BY former; DROP ROLE former");
		this.queue.fire(CronQueue.effect("other"));
		this.queue.awaitEffects(1);
		await().until(() -> this.queue.count("cron.job") == 0);
	}

	@Test
	void otherJobsOfARenamedRoleAreLeftAlone() {
		this.queue.run("SELECT cron.schedule('theirs', '0 0 1 1 *', 'SELECT 1')");
		this.queue.run("UPDATE cron.job SET username = 'former'");
		rename();
		this.queue.asApp("SELECT pgdispatch.cron_follow_renames()");
		assertThat(this.queue.count("cron.job WHERE username = 'former'")).isEqualTo(1);
	}

	private void assertRepaired() {
		await().until(() -> this.queue.count("cron.job WHERE username = 'former'") == 0);
		assertThat(this.queue.count("pgdispatch.cron_worker AS w WHERE NOT EXISTS (SELECT FROM cron.job AS j"
				+ " WHERE j.jobname = pgdispatch.cron_name(w.id) AND j.username = 'present')"))
			.isZero();
	}

	private void snooze(String delay) {
		new JdbcTemplate(this.server.database().dataSource("former"))
			.execute("SELECT pgdispatch.snooze($$" + CronQueue.effect("snoozed") + "$$, '" + delay + "')");
	}

	private void awaitAlarm() {
		await().until(() -> this.queue.workersRunning() == 0
				&& this.queue.count("pgdispatch.cron_worker WHERE purpose = 'work'") == 0);
	}

	private void rename() {
		this.queue.run("ALTER ROLE former RENAME TO present");
	}

}
