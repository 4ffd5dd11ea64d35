package io.github.pgdispatch.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import javax.sql.DataSource;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

import static io.github.pgdispatch.testing.TestedApplication.effects;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests {@link DispatchedJobs} in a whole application, outside of a transaction.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE,
		properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false" })
@AutoConfigurePgDispatch
@Import(SideEffects.class)
class CommittedJobsTests {

	@Autowired
	private SideEffects sideEffects;

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private JdbcClient jdbc;

	@Autowired
	private PgDispatchTemplate template;

	@Autowired
	private TransactionTemplate transaction;

	@BeforeEach
	void clear() {
		this.jobs.clear();
		this.jdbc.sql("TRUNCATE effect").update();
	}

	@Test
	void whatIsCommittedWaitsUntilTheTestRunsIt() throws InterruptedException {
		this.transaction.executeWithoutResult((status) -> {
			this.sideEffects.insert("first");
			this.sideEffects.welcome(42, "Ada");
			this.sideEffects.withoutTransaction("third");
			this.sideEffects.inItsOwnTransaction();
			this.sideEffects.insert("last");
		});
		Thread.sleep(500);
		assertThat(this.jobs).hasSize(5)
			.containsHandler("io.github.pgdispatch.testing.SideEffects.welcome")
			.withArgument("name", "Ada");
		assertThat(effects(this.jdbc)).isEmpty();
		assertThat(this.jobs.run()).isEqualTo(5);
		assertThat(effects(this.jdbc)).containsExactly("first", "welcome 42", "third", "last");
		assertThat(this.sideEffects.threads()).containsOnly(Thread.currentThread());
		assertThat(this.jobs).isEmpty();
		assertThat(nodes()).isZero();
	}

	@Test
	void jobThatSleepsGoesOnBehindItsStepsWhenTheTestLetsTimePass() {
		this.transaction.executeWithoutResult((status) -> this.sideEffects.inSteps("Ada", null));
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("first Ada");
		assertThat(this.jobs).hasSize(1);
		assertThat(this.jobs.run()).isZero();
		assertThat(this.jobs.advanceTime(Duration.ofDays(1)).run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("first Ada", "second result");
		assertThat(this.jobs).isEmpty();
		assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.step").query(Integer.class).single()).isZero();
	}

	@Test
	void schedulesRunWhenTheTestSaysSoAndAtNoOtherTime() {
		this.jdbc
			.sql("SELECT pgdispatch.schedule('x', '1 hour', 'INSERT INTO effect VALUES (''x'')', starts_at => now())")
			.query()
			.singleValue();
		assertThat(this.jobs).isEmpty();
		assertThat(this.jobs.advanceTime(Duration.ofDays(1)).run()).isZero();
		this.jobs.clear();
		assertThat(this.jdbc.sql("SELECT pgdispatch.has_tick(s) FROM pgdispatch.schedule AS s")
			.query(Boolean.class)
			.single()).isTrue();
		assertThat(this.jobs.runSchedule("x")).isOne();
		assertThat(effects(this.jdbc)).containsExactly("x");
		this.transaction.executeWithoutResult((status) -> {
			assertThat(this.jobs.runSchedule("x")).isOne();
			status.setRollbackOnly();
		});
		assertThat(effects(this.jdbc)).containsExactly("x");
		this.jdbc.sql("SELECT pgdispatch.run_schedule('x')").query().singleValue();
		assertThatIllegalStateException().isThrownBy(() -> this.jobs.runSchedule("x"));
		this.jdbc.sql("SELECT pgdispatch.unschedule('x')").query().singleValue();
	}

	@Test
	void whatIsRolledBackDoesNotWait() {
		this.transaction.executeWithoutResult((status) -> {
			this.sideEffects.insert("never");
			assertThat(this.jobs).hasSize(1);
			status.setRollbackOnly();
		});
		assertThat(this.jobs).isEmpty();
	}

	@Test
	void batchIsRunAndThenItsContinuation() {
		this.transaction.executeWithoutResult((status) -> this.template.batch("batch").addCalls(() -> {
			this.sideEffects.welcome(1, null);
			this.sideEffects.insert("second");
		}).then(Dispatch.sql("INSERT INTO effect VALUES ('then')")).dispatch());
		assertThat(this.jobs).hasSize(3);
		assertThat(this.jobs.run()).isEqualTo(3);
		assertThat(effects(this.jdbc)).containsExactly("welcome 1", "second", "then");
		assertThat(this.jobs).isEmpty();
	}

	@Test
	void whatJobsDispatchIsRunToo() {
		this.transaction.executeWithoutResult((status) -> this.sideEffects.chain(2));
		assertThat(this.jobs.run()).isEqualTo(5);
		assertThat(effects(this.jdbc)).containsExactly("chain 2", "chain 1", "link 2", "chain 0", "link 1");
	}

	@Test
	void snoozedJobsWaitUntilTheTestLetsTimePass() {
		this.transaction.executeWithoutResult((status) -> {
			this.sideEffects.insertLater("reminder");
			this.sideEffects.welcomeLater(7, null);
		});
		assertThat(this.jobs.run()).isZero();
		assertThat(this.jobs.advanceTime(Duration.ofDays(1)).run()).isOne();
		assertThat(this.jobs.advanceTime(Duration.ofDays(2)).run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("later 7 after 20", "reminder");
	}

	@Test
	void aCommandThatFailsIsReportedAndUndoneAndTheOthersCanStillRun() {
		this.transaction.executeWithoutResult((status) -> {
			this.sideEffects.divide(0);
			this.sideEffects.insert("next");
		});
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withMessageContaining("SELECT 1 / 0")
			.withMessageContaining("division by zero")
			.withCauseInstanceOf(DataIntegrityViolationException.class);
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("next");
		assertThat(deadLetters()).isOne();
	}

	@Test
	void aMethodThatFailsIsReportedAndUndoneAndTheOthersCanStillRun() {
		this.transaction.executeWithoutResult((status) -> {
			fail(true);
			this.sideEffects.insert("next");
		});
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withCauseExactlyInstanceOf(SQLException.class);
		assertThat(this.jdbc.sql("SELECT sqlstate FROM pgdispatch.dead_letter").query(String.class).single())
			.isEqualTo("XX123");
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("next");
		assertThat(nodes()).isZero();
	}

	private void fail(boolean checked) {
		try {
			this.sideEffects.fail(checked);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void jobsThatSomebodyElseIsRunningAreReported(@Autowired DataSource dataSource) throws SQLException {
		this.transaction.executeWithoutResult((status) -> this.sideEffects.insert("one"));
		assertBusy(dataSource, "job");
		this.jobs.clear();
		this.transaction.executeWithoutResult((status) -> this.sideEffects.welcome(1, null));
		assertBusy(dataSource, "handler_job");
	}

	private void assertBusy(DataSource dataSource, String table) throws SQLException {
		try (Connection other = dataSource.getConnection(); Statement statement = other.createStatement()) {
			other.setAutoCommit(false);
			statement.execute("SELECT FROM pgdispatch." + table + " FOR UPDATE");
			assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
				.withMessageContaining("Somebody else is running it");
			other.rollback();
		}
		assertThat(this.jobs.run()).isOne();
	}

	@Test
	void nonTransactionalCommandsAreRun() {
		dispatchNonTransactional("VACUUM effect");
		assertThat(this.jobs.run()).isOne();
		dispatchNonTransactional("VACUUM nothing");
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.havingRootCause()
			.withMessageContaining("relation \"nothing\" does not exist");
		assertThat(deadLetters()).isOne();
		assertThat(this.jobs).isEmpty();
	}

	private void dispatchNonTransactional(String command) {
		this.jdbc.sql("SELECT pgdispatch.dispatch(?, transactional => false)").param(command).query().singleRow();
	}

	private int deadLetters() {
		return this.jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single();
	}

	private int nodes() {
		return this.jdbc.sql("SELECT count(*) FROM pgdispatch.node").query(Integer.class).single();
	}

}
