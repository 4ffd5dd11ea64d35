package io.github.pgdispatch.cron;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Each role has workers of its own, and a role that is dropped takes them with it.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronRolesTests {

	private static final String OTHER = "Other \"role\" of O'Hara";

	private static final String WHO = "INSERT INTO public.effect SELECT concat_ws(' as ', session_user, current_user)";

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronRolesTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
		this.queue.run("CREATE ROLE " + quoted(OTHER) + " LOGIN");
		this.queue.run("CALL pgdispatch.grant_to(quote_ident('" + OTHER.replace("'", "''") + "')::regrole)");
		this.queue.run("GRANT USAGE ON SCHEMA cron TO " + quoted(OTHER));
	}

	@AfterEach
	void dropRole() {
		if (this.queue.is("EXISTS (SELECT FROM pg_roles WHERE rolname = '" + OTHER.replace("'", "''") + "')")) {
			revoke();
			this.queue.run("DROP OWNED BY " + quoted(OTHER) + "; DROP ROLE " + quoted(OTHER));
		}
	}

	@Test
	void eachDrainsItsOwnInSessionsThatLoggedInAsIt() {
		for (int i = 0; i < 10; i++) {
			fire(OTHER, WHO);
			fire("app", WHO);
			fire("postgres", WHO);
		}
		this.queue.awaitEffects(30);
		assertThat(this.queue.effects()).containsOnly("app as app", "postgres as postgres", OTHER + " as " + OTHER);
		this.queue.awaitIdle();
	}

	@Test
	void roleThatMayDispatchIsNotDropped() {
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> this.queue.run("DROP ROLE " + quoted(OTHER)))
			.withMessageContaining("cannot be dropped because some objects depend on it");
	}

	@Test
	void roleIsDroppedWithAllThatItHas() throws SQLException {
		fire(OTHER, "SELECT 1 / 0");
		await().atMost(Duration.ofSeconds(60)).until(() -> this.queue.count("pgdispatch.dead_letter") == 1);
		snooze(OTHER);
		await().atMost(Duration.ofSeconds(60))
			.until(() -> this.queue.count("cron.job WHERE schedule = '@reboot'") == 1
					&& this.queue.workersRunning() == 0);
		fire(OTHER, CronQueue.effect("never"));
		drop();
		assertNothingLeft();
		assertPgCronGoesOn();
		assertThat(this.queue.effects()).doesNotContain("never");
	}

	@Test
	void jobThatIsRunningIsWaitedFor() throws SQLException {
		CompletableFuture<Void> dropped;
		try (Session gate = this.queue.closeGate()) {
			fire(OTHER, CronQueue.held("running"));
			await().until(() -> this.queue.jobsAtTheGate() == 1);
			dropped = CompletableFuture.runAsync(this::drop);
			fire("app", CronQueue.effect("meanwhile"));
			await().until(() -> this.queue.effects().contains("meanwhile"));
			assertThat(dropped).isNotDone();
		}
		dropped.join();
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("meanwhile", "running");
		assertNothingLeft();
		assertPgCronGoesOn();
	}

	/**
	 * Its commit would leave pg_cron a job of a role that is no more.
	 */
	@Test
	void dispatchThatIsNotYetCommittedIsWaitedFor() throws Exception {
		CompletableFuture<Void> dropped;
		try (Connection connection = this.server.database().dataSource(OTHER).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("BEGIN");
			statement.execute("SELECT pgdispatch.fire('SELECT 1')");
			dropped = CompletableFuture.runAsync(this::drop);
			await().atMost(Duration.ofSeconds(60))
				.until(() -> this.queue
					.is("EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CALL pgdispatch.revoke_from%' AND state = 'active')"));
			fire("app", CronQueue.effect("meanwhile"));
			this.queue.awaitEffects(1);
			statement.execute("COMMIT");
		}
		dropped.get();
		assertNothingLeft();
		assertPgCronGoesOn();
	}

	@Test
	void dispatchesThatGoOnAreDeniedFromThenOn() throws SQLException {
		try (Connection connection = this.server.database().dataSource(OTHER).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("SELECT pgdispatch.fire('SELECT 1')");
			drop();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute("SELECT pgdispatch.fire('SELECT 1')"));
		}
		assertNothingLeft();
		assertPgCronGoesOn();
	}

	@Test
	void roleWithoutUsageOfPgCronIsWarnedWithTheRemedy() throws SQLException {
		this.queue.run("REVOKE USAGE ON SCHEMA cron FROM " + quoted(OTHER));
		List<ServerErrorMessage> warnings = warnings(
				"BEGIN; SELECT pgdispatch.fire('SELECT 1'); SELECT pgdispatch.fire($$" + WHO + "$$); COMMIT");
		assertThat(warnings).hasSize(1);
		assertThat(warnings.get(0).getSeverity()).isEqualTo("WARNING");
		assertThat(warnings.get(0).getMessage())
			.isEqualTo("pgdispatch: no application is connected that runs the jobs of role " + quoted(OTHER)
					+ ", and pg_cron cannot run them");
		assertThat(warnings.get(0).getDetail())
			.isEqualTo("Role " + quoted(OTHER) + " has no USAGE on schema cron. The job waits.");
		assertThat(this.queue.count("cron.job")).isZero();
		this.queue.run(remedy(warnings.get(0), "As an administrator: "));
		assertThat(warnings("SELECT pgdispatch.fire($$" + WHO + "$$)")).isEmpty();
		this.queue.awaitEffects(2);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void roleWhoseApplicationIsThereIsNotWarned(boolean resting) throws SQLException {
		this.queue.run("REVOKE USAGE ON SCHEMA cron FROM " + quoted(OTHER));
		try (Connection application = this.server.database().dataSource(OTHER).getConnection();
				Statement statement = application.createStatement()) {
			statement.execute("SELECT pgdispatch.poll_queue(10, " + resting + ")");
			assertThat(warnings("SELECT pgdispatch.fire('SELECT 1')")).isEmpty();
		}
	}

	private void drop() {
		revoke();
		this.queue.run("REVOKE USAGE ON SCHEMA cron FROM " + quoted(OTHER));
		this.queue.run("DROP ROLE " + quoted(OTHER));
	}

	private void revoke() {
		this.queue.run("CALL pgdispatch.revoke_from(quote_ident('" + OTHER.replace("'", "''") + "')::regrole)");
	}

	private void assertNothingLeft() {
		assertThat(this.queue.rows("SELECT * FROM cron.job WHERE username NOT IN (SELECT rolname FROM pg_roles)"))
			.isEmpty();
		for (String table : new String[] { "job", "dead_letter", "cron_worker" }) {
			assertThat(this.queue
				.rows("SELECT * FROM pgdispatch." + table + " WHERE role::oid NOT IN (SELECT oid FROM pg_roles)"))
				.isEmpty();
		}
	}

	private void assertPgCronGoesOn() {
		int before = this.queue.count("effect");
		fire("app", CronQueue.effect("after"));
		this.queue.awaitEffects(before + 1);
		// pg_cron may have been about to start what was taken from it.
		this.queue.run("DELETE FROM cron.job_run_details WHERE username NOT IN (SELECT rolname FROM pg_roles)");
		this.queue.awaitIdle();
	}

	private List<ServerErrorMessage> warnings(String sql) throws SQLException {
		return Warnings.of(this.server.database().dataSource(OTHER), sql);
	}

	private static String remedy(ServerErrorMessage warning, String prefix) {
		assertThat(warning.getHint()).startsWith(prefix);
		return warning.getHint().substring(prefix.length());
	}

	private void fire(String role, String command) {
		new JdbcTemplate(this.server.database().dataSource(role)).queryForList("SELECT pgdispatch.dispatch(?)",
				command);
	}

	private void snooze(String role) {
		new JdbcTemplate(this.server.database().dataSource(role))
			.execute("SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
	}

	private static String quoted(String role) {
		return '"' + role.replace("\"", "\"\"") + '"';
	}

}
