package io.github.pgdispatch.extension;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.awaitility.Awaitility.await;

/**
 * The database with pg_cron of a server of its own, to which the extension's files were
 * copied.
 */
final class CronDatabase implements AutoCloseable {

	private final PgCronServer server;

	private final JdbcClient postgres;

	private CronDatabase(PgCronServer server) {
		this.server = server;
		this.postgres = server.database().jdbc("postgres");
	}

	/**
	 * The database of a server.
	 * @param server which is closed with the database
	 * @return the database
	 */
	static CronDatabase on(PgCronServer server) {
		CronDatabase database = new CronDatabase(server);
		database.server.installExtension(ExtensionFiles.all());
		return database;
	}

	/**
	 * Creates the table that jobs of the role {@code app} leave their name in.
	 */
	void createTableOfEffects() {
		run("app", "CREATE TABLE effect (job text)");
	}

	static String effect(String job) {
		return "INSERT INTO public.effect VALUES ('" + job + "')";
	}

	void fire(String command) {
		this.server.database().jdbc("app").sql("SELECT pgdispatch.fire(?)").param(command).query().singleRow();
	}

	void snooze(String command, String delay) {
		this.server.database()
			.jdbc("app")
			.sql("SELECT pgdispatch.snooze(?, CAST(? AS interval))")
			.params(command, delay)
			.query()
			.singleRow();
	}

	void run(String role, String... statements) {
		JdbcTemplate jdbc = new JdbcTemplate(this.server.database().dataSource(role));
		List.of(statements).forEach(jdbc::execute);
	}

	/**
	 * Has pg_cron start jobs or not.
	 */
	void launch(boolean jobs) {
		run("postgres", "ALTER SYSTEM SET cron.launch_active_jobs = " + jobs, "SELECT pg_reload_conf()");
		await().until(() -> is("current_setting('cron.launch_active_jobs')::boolean = " + jobs));
	}

	boolean is(String condition) {
		return this.postgres.sql("SELECT " + condition).query(Boolean.class).single();
	}

	List<String> values(String query) {
		return this.postgres.sql(query).query(String.class).list();
	}

	List<String> effects() {
		return values("SELECT job FROM effect ORDER BY job");
	}

	void awaitTrue(String condition) {
		await(condition).atMost(Duration.ofSeconds(60)).until(() -> is(condition));
	}

	/**
	 * Waits until there is nothing left of what ran.
	 */
	void awaitIdle() {
		awaitTrue("""
				NOT EXISTS (SELECT FROM cron.job)
				AND NOT EXISTS (SELECT FROM cron.job_run_details)
				AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DO %CALL pgdispatch.cron_work(%')""");
	}

	TestDatabase database() {
		return this.server.database();
	}

	PgCronServer server() {
		return this.server;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
