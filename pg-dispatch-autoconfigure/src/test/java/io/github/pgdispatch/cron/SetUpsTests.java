package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronServers;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * What the page on pg_cron says is what it takes, and all that it takes. Each test has a
 * server of its own.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class SetUpsTests {

	private static final String PLAIN = "The application's database";

	private static final String POSTGREST = "PostgREST";

	private static final String SUPABASE = "Supabase";

	private static final String CLOUD = "RDS, Aurora and Cloud SQL";

	private static final String ELSEWHERE = "Another database than pg_cron's";

	private static final String SETTINGS = "How many workers, and how long they stay";

	private static final String DROPPING = "Dropping a role";

	private static final String RENAMING = "Renaming a role";

	private static final String REPAIR = "If pg_cron has stopped";

	private final PgCronServers servers;

	private PgCronServer server;

	private SetUpsPage page;

	SetUpsTests(PgCronServers servers) {
		this.servers = servers;
		this.server = servers.start("cron.use_background_workers=off");
		this.page = new SetUpsPage(this.server);
		takeAwayWhatThePageGrants();
	}

	private void useBackgroundWorkers() {
		this.server.close();
		this.server = this.servers.start("cron.use_background_workers=on", "cron.max_running_jobs=5");
		this.page = new SetUpsPage(this.server);
		takeAwayWhatThePageGrants();
	}

	private void takeAwayWhatThePageGrants() {
		run("postgres", "REVOKE USAGE ON SCHEMA cron FROM app");
		run("postgres", "CREATE TABLE effect (job text, at timestamptz DEFAULT clock_timestamp())");
		run("postgres", "GRANT INSERT ON effect TO PUBLIC");
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void everyBlockSaysWhoRunsIt() {
		assertThat(this.page.blocks()).isEqualTo(this.page.fences());
	}

	@Test
	void plain() {
		this.page.run(PLAIN, 1);
		this.server.database().install("app");
		fire("app");
		awaitEffects("app");
		this.page.run(PLAIN, 2);
		fire("reports");
		awaitEffects("app", "reports");
		awaitIdle();
	}

	@Test
	void settings() {
		plain();
		this.page.run(SETTINGS, 1);
		fire("app");
		awaitEffects("app", "app", "reports");
		awaitIdle();
	}

	@Test
	void dropping() {
		plain();
		run("reports", "SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		this.page.run(DROPPING, 1);
		assertThat(count("pg_roles WHERE rolname = 'reports'")).isZero();
		fire("app");
		awaitEffects("app", "app", "reports");
		awaitIdle();
	}

	@Test
	void renaming() {
		plain();
		run("reports", "SELECT pgdispatch.snooze('INSERT INTO public.effect VALUES (session_user)', '10 seconds')");
		await().atMost(Duration.ofSeconds(60)).until(() -> count("pgdispatch.cron_worker WHERE purpose = 'work'") == 0);
		this.page.run(RENAMING, 1);
		awaitEffects("analysis", "app", "reports");
		awaitIdle();
		assertThat(this.server.log()).doesNotContain("role \"reports\" does not exist");
	}

	/**
	 * No superuser owns the schema, so that no one but an administrator can repair it.
	 */
	@Test
	void roleThatWasRenamedIsWarnedWithTheRemedy() throws SQLException {
		plain();
		run("reports", "SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		run("postgres", "ALTER ROLE reports RENAME TO analysis");
		String fire = "SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (session_user)')";
		await().atMost(Duration.ofSeconds(60))
			.until(() -> this.server.log().contains("role \"reports\" does not exist"));
		ServerErrorMessage warning = Warnings.of(this.server.database().dataSource("analysis"), fire).get(0);
		assertThat(warning.getDetail()).contains("role reports, as the role was named before");
		String prefix = "As an administrator: ";
		assertThat(warning.getHint()).startsWith(prefix);
		run("postgres", warning.getHint().substring(prefix.length()));
		awaitEffects("analysis", "app", "reports");
		assertThat(Warnings.of(this.server.database().dataSource("analysis"), fire)).isEmpty();
		awaitEffects("analysis", "analysis", "app", "reports");
	}

	@Test
	void repair() {
		plain();
		run("reports", "SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		run("postgres", "DROP OWNED BY reports");
		run("postgres", "DROP ROLE reports");
		await().atMost(Duration.ofSeconds(60))
			.until(() -> this.server.log().contains("\"pg_cron launcher\"")
					&& this.server.log().contains("exited with exit code 1"));
		fire("app");
		this.page.run(REPAIR, 1);
		awaitEffects("app", "app", "reports");
	}

	@Test
	void requestRoleDispatchesByATrigger() {
		this.server.database().install("app");
		this.page.run(POSTGREST, 1);
		this.page.run(POSTGREST, 2);
		this.page.run(POSTGREST, 3);
		await().atMost(Duration.ofSeconds(60)).until(() -> count("public.welcome") == 1);
		assertThat(this.server.database()
			.jdbc("postgres")
			.sql("SELECT name || ' by ' || written_by FROM public.welcome")
			.query(String.class)
			.single()).isEqualTo("Ada by app");
		awaitIdle();
	}

	@Test
	void requestRoleThatDispatchesItselfIsToldTheWayOut() {
		this.server.database().install("app");
		this.page.run(POSTGREST, 1);
		run("app", "CALL pgdispatch.grant_to('web_anon')");
		ServerErrorMessage error = ((PSQLException) catchThrowableOfType(DataAccessException.class,
				() -> run("authenticator", "SET ROLE web_anon; SELECT pgdispatch.fire('SELECT 1')"))
			.getMostSpecificCause()).getServerErrorMessage();
		assertThat(error.getSQLState()).isEqualTo("28000");
		assertThat(error.getMessage())
			.isEqualTo("pgdispatch: role web_anon cannot log in, so nothing can run its jobs");
		assertThat(error.getHint()).isEqualTo(
				"Dispatch from a SECURITY DEFINER function of a role that can log in, or ALTER ROLE web_anon LOGIN.");
	}

	@Test
	void supabase() {
		run("postgres", "CREATE ROLE anon NOLOGIN");
		run("postgres", "CREATE ROLE authenticated NOLOGIN");
		run("postgres", "CREATE ROLE authenticator LOGIN NOINHERIT");
		run("postgres", "GRANT anon, authenticated TO authenticator");
		this.page.run(SUPABASE, 1);
		this.server.database().install("postgres");
		this.page.run(SUPABASE, 2);
		this.page.run(SUPABASE, 3);
		await().atMost(Duration.ofSeconds(60)).until(() -> count("public.greeting WHERE name = 'Ada'") == 1);
		awaitIdle();
	}

	@Test
	void pageLeadsFromTheErrorsOfANaiveSetUpToTheWayOut() {
		this.server.database().install("app");
		this.page.run(POSTGREST, 1);
		for (String grant : new String[] { "GRANT USAGE ON SCHEMA pgdispatch TO web_anon",
				"GRANT EXECUTE ON FUNCTION pgdispatch.fire(text) TO web_anon",
				"CALL pgdispatch.grant_to('web_anon')" }) {
			String error = ((PSQLException) catchThrowableOfType(DataAccessException.class,
					() -> run("authenticator", "SET ROLE web_anon; SELECT pgdispatch.fire('SELECT 1')"))
				.getMostSpecificCause()).getServerErrorMessage().getMessage();
			assertThat(this.page.text(POSTGREST))
				.contains(error.replaceFirst("pgdispatch: (role \\w+ cannot log in).*", "$1")
					.replaceFirst(".*function check_dispatch", "check_dispatch"));
			run("app", grant);
		}
	}

	@Test
	void cloud() {
		installInTheCloud();
		fire("shop_owner");
		awaitEffects("shop_owner");
		this.page.run(CLOUD, 2);
		fire("shop");
		awaitEffects("shop", "shop_owner");
		awaitIdle();
		run("shop", "SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		await().atMost(Duration.ofSeconds(60)).until(() -> count("cron.job WHERE schedule = '@reboot'") == 1);
		assertThat(count("cron.job WHERE schedule ~ '^\\d+,\\d+,\\d+,\\d+ \\* \\* \\* \\*$'")).isOne();
		this.page.run(CLOUD, 3);
		assertThat(count("pg_roles WHERE rolname = 'shop'")).isZero();
		fire("shop_owner");
		awaitEffects("shop", "shop_owner", "shop_owner");
		awaitIdle();
	}

	@Test
	void snoozedJobIsOnTimeInTheCloud() throws Exception {
		installInTheCloud();
		Duration late = Duration.ofSeconds(2);
		assertThat(Attempts.shortest(late, () -> {
			run("postgres", "TRUNCATE effect");
			snoozeInTheCloud("8 seconds");
			OffsetDateTime dueAt = at("SELECT due_at FROM pgdispatch.job");
			await().until(() -> count("effect") == 1);
			Duration lateness = Duration.between(dueAt, at("SELECT at FROM effect"));
			assertThat(lateness).isGreaterThanOrEqualTo(Duration.ZERO);
			return lateness;
		})).isLessThanOrEqualTo(late);
		awaitIdle();
	}

	/**
	 * As nobody may know pg_cron's time zone there, and offsets are whole quarters of an
	 * hour, its worker looks in at that minute of each.
	 */
	@Test
	void jobSnoozedForLongIsLookedAfterEachQuarterOfAnHourInTheCloud() {
		installInTheCloud();
		snoozeInTheCloud("3 hours");
		await().atMost(Duration.ofMinutes(1)).until(() -> count("pgdispatch.cron_worker WHERE purpose = 'alarm'") == 1);
		assertThat(count("""
				cron.job, pgdispatch.job AS snoozed
				 WHERE schedule ~ '^[0-9]+,[0-9]+,[0-9]+,[0-9]+ \\* \\* \\* \\*$'
				   AND ARRAY[date_part('minute', due_at - interval '1 second')::text,
				             date_part('minute', due_at - interval '3 seconds')::text]
				       && string_to_array(split_part(schedule, ' ', 1), ',')""")).isOne();
	}

	private OffsetDateTime at(String query) {
		return this.server.database().jdbc("postgres").sql(query).query(OffsetDateTime.class).single();
	}

	private void snoozeInTheCloud(String delay) {
		this.server.database()
			.jdbc("shop_owner")
			.sql("SELECT pgdispatch.snooze('INSERT INTO public.effect VALUES (''job'')', CAST(? AS interval))")
			.param(delay)
			.query()
			.listOfRows();
	}

	private void installInTheCloud() {
		useBackgroundWorkers();
		run("postgres", "CREATE ROLE shop_owner LOGIN CREATEROLE");
		run("postgres", "ALTER DATABASE test OWNER TO shop_owner");
		this.page.run(CLOUD, 1);
		this.server.database().install("shop_owner");
	}

	@Test
	void elsewhere() throws SQLException {
		run("postgres", "CREATE DATABASE shop");
		TestDatabase shop = new TestDatabase(this.server.reachablePort(), "shop");
		shop.jdbc("postgres").sql("GRANT CREATE ON DATABASE shop TO app").update();
		shop.install("app");
		shop.jdbc("postgres").sql("CREATE TABLE effect (job text)").update();
		shop.jdbc("postgres").sql("GRANT INSERT ON effect TO PUBLIC").update();
		String fire = "SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (current_user)')";
		List<ServerErrorMessage> warnings = Warnings.of(shop.dataSource("app"), fire);
		assertThat(warnings).hasSize(1);
		assertThat(this.page.block(ELSEWHERE, 1).lines().skip(1).toList()).containsExactly(
				warnings.get(0).getHint().replace("As an administrator, in the database of pg_cron: ", ""));
		this.page.run(ELSEWHERE, 1);
		await().atMost(Duration.ofSeconds(60))
			.until(() -> shop.jdbc("postgres").sql("SELECT job FROM effect").query(String.class).list(),
					List.of("app")::equals);
		this.page.run(ELSEWHERE, 2);
		assertThat(count("cron.job_run_details WHERE command = 'CALL pgdispatch.cron_work()'")).isPositive();
		run("postgres", "UPDATE cron.job_run_details SET end_time = end_time - interval '2 hours'");
		run("postgres",
				this.server.database()
					.jdbc("postgres")
					.sql("SELECT command FROM cron.job WHERE jobname LIKE '%forget runs'")
					.query(String.class)
					.single());
		assertThat(count("cron.job_run_details WHERE end_time < now() - interval '1 hour'")).isZero();
		assertThat(Warnings.of(shop.dataSource("app"), fire)).isEmpty();
		this.page.run(ELSEWHERE, 3);
		assertThat(count("cron.job WHERE username = 'app'")).isZero();
	}

	private void fire(String role) {
		run(role, "SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (session_user)')");
	}

	private void run(String role, String sql) {
		new JdbcTemplate(this.server.database().dataSource(role)).execute(sql);
	}

	private int count(String rows) {
		return this.server.database()
			.jdbc("postgres")
			.sql("SELECT count(*) FROM " + rows)
			.query(Integer.class)
			.single();
	}

	private void awaitEffects(String... jobs) {
		await().atMost(Duration.ofSeconds(60))
			.until(() -> this.server.database()
				.jdbc("postgres")
				.sql("SELECT job FROM effect ORDER BY job")
				.query(String.class)
				.list(), List.of(jobs)::equals);
	}

	private void awaitIdle() {
		await().atMost(Duration.ofSeconds(60))
			.until(() -> count("cron.job") + count("cron.job_run_details") + count("pgdispatch.cron_worker") == 0);
	}

}
