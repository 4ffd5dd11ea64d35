package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The queue of the role {@code app} in a database with pg_cron, with a table
 * {@code effect} for jobs to leave their name in.
 */
final class CronQueue {

	/**
	 * The sessions of workers, in {@code pg_stat_activity}.
	 */
	static final String WORKER = "query LIKE 'DO %CALL pgdispatch.cron_work(%'";

	private static final int GATE = 42;

	private final TestDatabase database;

	private final JdbcClient postgres;

	private final JdbcClient app;

	CronQueue(TestDatabase database) {
		this.database = database;
		this.postgres = database.jdbcOfOneSession("postgres");
		this.app = database.jdbc("app");
	}

	/**
	 * Installs the schema, or empties it.
	 * @return this queue
	 */
	CronQueue prepare() {
		if (is("to_regnamespace('pgdispatch') IS NULL")) {
			this.database.install("postgres");
			this.postgres.sql("CALL pgdispatch.grant_to('app')").update();
			this.app.sql("""
					CREATE TABLE effect (
						job text,
						pid integer DEFAULT pg_backend_pid(),
						started_at timestamptz DEFAULT now(),
						at timestamptz DEFAULT clock_timestamp())""").update();
			this.app.sql("GRANT INSERT ON effect TO PUBLIC").update();
		}
		run("DELETE FROM cron.job");
		await().until(() -> {
			terminate(WORKER);
			return workersRunning() == 0;
		});
		run("TRUNCATE pgdispatch.job, pgdispatch.dead_letter, pgdispatch.cron_worker, effect, pgdispatch.managed_job, "
				+ "pgdispatch.job_key, pgdispatch.queue, pgdispatch.pause, pgdispatch.breaker, pgdispatch.fair_turn, pgdispatch.fair_rate, "
				+ "pgdispatch.result, pgdispatch.schedule, pgdispatch.batch, pgdispatch.batch_part");
		run("DELETE FROM cron.job_run_details");
		run("DELETE FROM pgdispatch.setting");
		return this;
	}

	CronQueue lingering(String interval) {
		this.postgres.sql("CALL pgdispatch.configure(cron_linger => CAST(? AS interval))").param(interval).update();
		return this;
	}

	CronQueue withWorkers(int workers) {
		this.postgres.sql("CALL pgdispatch.configure(cron_workers => ?)").param(workers).update();
		return this;
	}

	/**
	 * Returns a command that leaves a name in the table of effects.
	 * @param job the name
	 * @return the command
	 */
	static String effect(String job) {
		return "INSERT INTO public.effect VALUES ('" + job + "')";
	}

	static String slowEffect(String job, Duration duration) {
		return effect(job) + "; SELECT pg_sleep(" + duration.toMillis() / 1000.0 + ")";
	}

	/**
	 * Returns a command that hangs, while the gate is closed.
	 */
	static String held(String job) {
		return effect(job) + "; SELECT pg_advisory_xact_lock_shared(" + GATE + ")";
	}

	/**
	 * Closes the gate.
	 * @return the session that opens it when it is closed
	 */
	Session closeGate() throws SQLException {
		Session session = new Session(this.database, "postgres");
		session.run("SELECT pg_advisory_lock(" + GATE + ")");
		return session;
	}

	int jobsAtTheGate() {
		return count("pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = " + GATE);
	}

	/**
	 * Asks as the role.
	 * @param sql a query of one value
	 * @return the value as a text
	 */
	String ask(String sql) {
		return String.valueOf(this.app.sql(sql).query().singleValue());
	}

	void fire(String command) {
		this.app.sql("SELECT pgdispatch.dispatch(?)").param(command).query().singleValue();
	}

	void fire(String command, int times) {
		this.app.sql("SELECT count(pgdispatch.dispatch(?)) FROM generate_series(1, ?)")
			.params(command, times)
			.query()
			.singleValue();
	}

	/**
	 * Dispatches jobs that differ, in one transaction.
	 * @param command with {@code %s} for the number of the job
	 * @param jobs how many
	 */
	void fireEach(String command, int jobs) {
		this.app.sql("SELECT count(pgdispatch.dispatch(format(?, i))) FROM generate_series(1, ?) AS i")
			.params(command, jobs)
			.query()
			.singleValue();
	}

	/**
	 * Dispatches a job of which more is asked.
	 * @param command the job
	 * @param options named arguments
	 * @return its id
	 */
	long dispatch(String command, String options) {
		return this.app.sql("SELECT pgdispatch.dispatch(?, " + options + ")").param(command).query(Long.class).single();
	}

	/**
	 * Asks as the role that dispatches.
	 * @param expression what
	 * @return the answer as text
	 */
	@Nullable String answer(String expression) {
		return this.app.sql("SELECT CAST((SELECT " + expression + ") AS text)")
			.query(String.class)
			.optional()
			.orElse(null);
	}

	/**
	 * Dispatches a job for later.
	 * @param command the job
	 * @param delay as an interval of PostgreSQL
	 * @return when it falls due
	 */
	OffsetDateTime snooze(String command, String delay) {
		long id = this.app.sql("SELECT pgdispatch.dispatch(?, CAST(? AS interval))")
			.params(command, delay)
			.query(Long.class)
			.single();
		return value("due_at FROM pgdispatch.job WHERE id = " + id, OffsetDateTime.class);
	}

	/**
	 * Waits for the first job, which shall not have run early.
	 * @param dueAt when it fell due
	 * @return how much later it ran
	 */
	Duration awaitLateness(OffsetDateTime dueAt) {
		awaitEffects(1);
		Duration lateness = Duration.between(dueAt, value("at FROM effect", OffsetDateTime.class));
		assertThat(lateness).isGreaterThanOrEqualTo(Duration.ZERO);
		return lateness;
	}

	List<String> effects() {
		return this.postgres.sql("SELECT job FROM effect ORDER BY at").query(String.class).list();
	}

	int count(String rows) {
		return this.postgres.sql("SELECT count(*) FROM " + rows).query(Integer.class).single();
	}

	boolean is(String condition) {
		return this.postgres.sql("SELECT " + condition).query(Boolean.class).single();
	}

	<T> T value(String expression, Class<T> type) {
		return this.postgres.sql("SELECT " + expression).query(type).single();
	}

	List<Map<String, Object>> rows(String query) {
		return this.postgres.sql(query).query().listOfRows();
	}

	void run(String statement) {
		new JdbcTemplate(this.database.dataSource("postgres")).execute(statement);
	}

	void asApp(String statement) {
		new JdbcTemplate(this.database.dataSource("app")).execute(statement);
	}

	/**
	 * Dispatches a job in a transaction of an isolation level.
	 * @param command the job
	 * @param isolation such as {@code SERIALIZABLE}
	 */
	void fire(String command, String isolation) {
		new JdbcTemplate(this.database.dataSource("app")).execute("BEGIN ISOLATION LEVEL " + isolation
				+ "; SELECT pgdispatch.fire('" + command.replace("'", "''") + "'); COMMIT");
	}

	/**
	 * Ends sessions as a failure would.
	 * @param sessions a condition on {@code pg_stat_activity}
	 */
	void terminate(String sessions) {
		this.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + sessions)
			.query()
			.listOfRows();
	}

	int workersRunning() {
		return count("pg_stat_activity WHERE " + WORKER);
	}

	/**
	 * Returns what is left of what ran.
	 * @return nothing, if the database is idle
	 */
	List<String> leftovers() {
		return this.postgres.sql("""
				SELECT j::text FROM cron.job AS j
				UNION ALL
				SELECT d::text FROM cron.job_run_details AS d
				UNION ALL
				SELECT w::text FROM pgdispatch.cron_worker AS w
				UNION ALL
				SELECT a::text FROM pg_stat_activity AS a WHERE\s""" + WORKER).query(String.class).list();
	}

	void awaitEffects(int effects) {
		await("%d effects".formatted(effects)).pollInterval(Duration.ofMillis(20))
			.until(() -> count("effect") == effects);
	}

	/**
	 * A session still counts for a moment after its client has closed it.
	 */
	void awaitIdle() {
		await("idle").untilAsserted(() -> assertThat(leftovers()).isEmpty());
	}

}
