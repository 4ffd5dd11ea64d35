package io.github.pgdispatch.cron;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever befalls pg_cron or is done to its jobs by hand, what is dispatched is run, and
 * nothing is left.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(OrderAnnotation.class)
class PgCronFaultTests {

	private static final String REMOVE_ALL = "SELECT cron.unschedule(jobid) FROM cron.job";

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronFaultTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	@AfterEach
	void admitAll() {
		this.server.authenticate("host all all all trust");
	}

	@ParameterizedTest
	@ValueSource(strings = { "starting", "connecting", "sending", "running", "failed" })
	void runsThatNeverEndedAreForgottenAfterARestart(String status) {
		this.queue.fire(CronQueue.effect("job"));
		recordRunOfEachWorker(status);
		this.server.stopImmediately();
		this.server.startAgain();
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	/**
	 * pg_cron 1.5.2 to 1.6.7 misses a change of its jobs if more is done to the catalogue
	 * at the same time than the server keeps for it.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "0", "1 hour" })
	@Order(2)
	void nextDispatchMakesUpForAChangeThatPgCronHasMissed(String delay) throws SQLException {
		this.queue.withWorkers(1);
		try (Session administrator = new Session(this.server.database(), "postgres")) {
			administrator.run("BEGIN",
					"DO $$ BEGIN FOR i IN 1 .. 1500 LOOP CREATE TABLE many (); DROP TABLE many; " + "END LOOP; END $$");
			this.queue.fire(CronQueue.effect("missed"));
			administrator.run("COMMIT");
		}
		this.queue.run("UPDATE pgdispatch.cron_worker SET scheduled_at = scheduled_at - interval '20 seconds'");
		this.queue.snooze(CronQueue.effect("next"), delay);
		await().until(() -> this.queue.effects().contains("missed"));
	}

	@Test
	void runIsRepeatedAfterARestart() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.fire(CronQueue.held("job"));
			awaitWorkers(1);
			recordRunOfEachWorker("connecting");
			this.server.stopImmediately();
			this.server.startAgain();
		}
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT cron.unschedule(jobid) FROM cron.job", "DELETE FROM cron.job",
			"SELECT cron.alter_job(jobid, active := false) FROM cron.job", "UPDATE cron.job SET active = false" })
	void workerThatIsTakenAwayBeforeItRunsIsReplaced(String takeAway) {
		this.queue.fire(CronQueue.effect("first"));
		this.queue.run(takeAway);
		this.queue.fire(CronQueue.effect("second"));
		soon().until(() -> this.queue.count("effect") == 2);
		this.queue.awaitIdle();
	}

	/**
	 * Where nobody can log in, pg_cron waits for its connection.
	 */
	@Test
	void workerThatIsTakenAwayWhileItConnectsIsReplaced() throws SQLException {
		soon().until(() -> this.queue.count("pg_stat_activity WHERE backend_type = 'pg_cron launcher'") == 1);
		this.queue.fire(CronQueue.effect("first"));
		try (Connection connection = this.server.database().dataSource("postgres").getConnection()) {
			JdbcTemplate postgres = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
			postgres.execute("BEGIN");
			postgres.execute("LOCK TABLE pg_catalog.pg_db_role_setting IN ACCESS EXCLUSIVE MODE");
			soon().until(() -> postgres.queryForObject("SELECT count(*) FROM cron.job_run_details", Integer.class) > 0);
			postgres.queryForList(REMOVE_ALL);
			postgres.execute("COMMIT");
		}
		this.queue.fire(CronQueue.effect("second"));
		soon().until(() -> this.queue.count("effect") == 2);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT cron.unschedule(jobid) FROM cron.job", "DELETE FROM cron.job",
			"SELECT cron.alter_job(jobid, active := false) FROM cron.job", "UPDATE cron.job SET active = false" })
	void workerThatIsTakenAwayWhileItRunsIsReplaced(String takeAway) throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.fire(CronQueue.held("first"));
			awaitWorkers(1);
			this.queue.run(takeAway);
			this.queue.fire(CronQueue.effect("second"));
			soon().until(() -> this.queue.effects().contains("second"));
		}
		this.queue.awaitEffects(2);
		this.queue.awaitIdle();
	}

	@Test
	void workersThatAreAllTakenAwayAtOnceAreReplaced() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.fire(CronQueue.held("first"), 8);
			awaitWorkers(4);
			this.queue.run(REMOVE_ALL);
			this.queue.fire(CronQueue.effect("second"));
		}
		this.queue.awaitEffects(9);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ" })
	void workersThatAreTakenAwayAreReplacedAtOnce(String isolation) throws Exception {
		Duration atOnce = Duration.ofSeconds(10);
		assertThat(Attempts.shortest(atOnce, () -> {
			prepare();
			return workersThatAreTakenAwayAreReplaced(isolation);
		})).isLessThanOrEqualTo(atOnce);
	}

	/**
	 * What a SERIALIZABLE transaction cannot know of is replaced in the next minute.
	 */
	@Test
	@Order(1)
	void workersThatAreTakenAwayAreReplacedInTheNextMinuteIfThatIsSerializable() {
		workersThatAreTakenAwayAreReplaced("SERIALIZABLE");
	}

	private Duration workersThatAreTakenAwayAreReplaced(String isolation) {
		for (int i = 0; i < 6; i++) {
			this.queue.fire(CronQueue.effect("first"), isolation);
		}
		this.queue.run(REMOVE_ALL);
		Instant takenAway = Instant.now();
		await().atMost(Duration.ofSeconds(120)).pollInterval(Duration.ofSeconds(2)).until(() -> {
			this.queue.fire(CronQueue.effect("second"), isolation);
			return this.queue.count("effect") > 0;
		});
		Duration duration = Duration.between(takenAway, Instant.now());
		await().until(() -> this.queue.count("pgdispatch.job") == 0);
		this.queue.awaitIdle();
		return duration;
	}

	@Test
	void launcherThatEndsBeforeTheWorkerRuns() {
		this.queue.fire(CronQueue.effect("job"));
		this.queue.terminate("backend_type = 'pg_cron launcher'");
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	@Test
	void launcherThatEndsWhileTheWorkerRuns() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.fire(CronQueue.held("first"));
			awaitWorkers(1);
			this.queue.terminate("backend_type = 'pg_cron launcher'");
			this.queue.fire(CronQueue.effect("second"));
		}
		this.queue.awaitEffects(2);
		this.queue.awaitIdle();
	}

	@Test
	void roleThatCannotConnectForAWhile() {
		this.server.authenticate("host all app all reject", "host all all all trust");
		this.queue.run("SET ROLE app; SELECT pgdispatch.fire('" + CronQueue.effect("job").replace("'", "''") + "')");
		soon().until(() -> this.queue.count("cron.job_run_details WHERE status = 'failed'") >= failedConnections());
		this.server.authenticate("host all all all trust");
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	/**
	 * How often pg_cron is to have tried in vain.
	 */
	int failedConnections() {
		return 2;
	}

	private void recordRunOfEachWorker(String status) {
		this.queue.run("""
				INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status)
				SELECT jobid, nextval('cron.runid_seq'), database, username, command, '%s' FROM cron.job"""
			.formatted(status));
	}

	private void awaitWorkers(int workers) {
		soon().until(() -> this.queue.count("pgdispatch.cron_worker WHERE runs > 0") == workers
				&& this.queue.jobsAtTheGate() == workers);
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60));
	}

}
