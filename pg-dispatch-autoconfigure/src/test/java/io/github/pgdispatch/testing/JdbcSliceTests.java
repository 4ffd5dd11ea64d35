package io.github.pgdispatch.testing;

import java.time.Duration;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.HandlerDriver;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;

import static io.github.pgdispatch.testing.TestedApplication.effects;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests {@link DispatchedJobs} in the transactions of the tests of a slice, which are
 * rolled back.
 */
@JdbcTest(properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false" })
@AutoConfigureTestDatabase(replace = Replace.NONE)
@AutoConfigurePgDispatch
@Import(SideEffects.class)
class JdbcSliceTests {

	@Autowired
	private SideEffects sideEffects;

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private JdbcClient jdbc;

	@Autowired
	private PgDispatchTemplate template;

	@Test
	void thereAreNoWorkers(@Autowired ApplicationContext context) {
		assertThat(context.getBeanProvider(ApplicationDriver.class).stream()).isEmpty();
		assertThat(context.getBeanProvider(HandlerDriver.class).stream()).isEmpty();
	}

	@Test
	void whatIsDispatchedWaitsUntilTheTestRunsIt() {
		this.sideEffects.insert("O'Hara");
		this.sideEffects.welcome(42, null);
		this.sideEffects.withoutTransaction("last");
		assertThat(this.jobs).hasSize(3)
			.containsCommand("INSERT INTO effect VALUES ('O''Hara')")
			.dueAfter(Duration.ZERO)
			.containsHandler("io.github.pgdispatch.testing.SideEffects.welcome")
			.withArgument("id", 42)
			.withArgument("name", null);
		assertThat(effects(this.jdbc)).isEmpty();
		assertThat(this.jobs.run()).isEqualTo(3);
		assertThat(effects(this.jdbc)).containsExactly("O'Hara", "welcome 42", "last");
		assertThat(this.sideEffects.threads()).containsOnly(Thread.currentThread());
		assertThat(this.jobs).isEmpty();
		assertThat(this.jobs.run()).isZero();
		assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.node").query(Integer.class).single()).isZero();
	}

	@Test
	void jobThatSleepsGoesOnBehindItsStepsWhenTheTestLetsTimePass() {
		this.sideEffects.inSteps("Ada", null);
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
	void batchIsRunAndThenItsContinuation() {
		this.template.batch("batch").addCalls(() -> {
			this.sideEffects.welcome(1, null);
			this.sideEffects.insert("second");
		}).then(Dispatch.sql("INSERT INTO effect VALUES ('then')")).dispatch();
		assertThat(this.jobs).hasSize(3);
		assertThat(this.jobs.run()).isEqualTo(3);
		assertThat(effects(this.jdbc)).containsExactly("welcome 1", "second", "then");
		assertThat(this.jobs).isEmpty();
	}

	@Test
	void whatJobsDispatchIsRunToo() {
		this.sideEffects.chain(2);
		assertThat(this.jobs.run()).isEqualTo(5);
		assertThat(effects(this.jdbc)).containsExactly("chain 2", "chain 1", "link 2", "chain 0", "link 1");
	}

	@Test
	void jobsThatDispatchEachOtherForEverAreStopped() {
		this.sideEffects.forEver();
		assertThatIllegalStateException().isThrownBy(this.jobs::run)
			.withMessageContaining("1000 jobs")
			.withMessageContaining("SideEffects.forEver {}");
	}

	@Test
	void snoozedJobsWaitUntilTheTestLetsTimePass() {
		this.sideEffects.insertLater("reminder");
		this.sideEffects.welcomeLater(7, null);
		assertThat(this.jobs.run()).isZero();
		this.jobs.advanceTime(Duration.ofSeconds(19));
		assertThat(this.jobs.run()).isZero();
		assertThat(this.jobs.advanceTime(Duration.ofSeconds(1)).run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("later 7 after 20");
		assertThat(this.jobs).hasSize(1)
			.containsCommand("INSERT INTO effect VALUES ('reminder')")
			.dueAfter(Duration.ofDays(3));
		assertThat(this.jobs.advanceTime(Duration.ofDays(3)).run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("later 7 after 20", "reminder");
	}

	@Test
	void aCommandThatFailsIsReportedAndUndoneAndTheOthersCanStillRun() {
		this.sideEffects.divide(0);
		this.sideEffects.insert("next");
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withMessageContaining("INSERT INTO effect VALUES ('lost'); SELECT 1 / 0")
			.withMessageContaining("division by zero")
			.withCauseInstanceOf(DataIntegrityViolationException.class)
			.satisfies((ex) -> assertThat(ex.getJob().command()).contains("SELECT 1 / ('0'::integer)"));
		assertThat(deadLetter("sqlstate")).isEqualTo("22012");
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("next");
	}

	@Test
	void aMethodThatFailsIsReportedAndUndoneAndTheOthersCanStillRun() throws Exception {
		this.sideEffects.fail(false);
		this.sideEffects.insert("next");
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withMessageContaining("SideEffects.fail {\"checked\":false}")
			.withCause(new IllegalStateException("Out of luck"));
		assertThat(deadLetter("message")).isEqualTo("java.lang.IllegalStateException: Out of luck");
		assertThat(this.jobs.run()).isOne();
		assertThat(effects(this.jdbc)).containsExactly("next");
		assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.node").query(Integer.class).single()).isZero();
	}

	@Test
	void aMethodWithATransactionOfItsOwnIsRun() {
		this.sideEffects.inItsOwnTransaction();
		assertThat(this.jobs.run()).isOne();
		assertThat(this.jobs).isEmpty();
	}

	@Test
	void aJobOfAnUnknownMethodIsReportedAndGoesOnWaiting() {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler('stranger.call')").query().singleRow();
		assertThatExceptionOfType(JobFailedException.class).isThrownBy(this.jobs::run)
			.withMessageContaining("stranger.call {}")
			.withMessageContaining("SideEffects.welcome")
			.withMessageContaining("Import the bean");
		assertThat(this.jobs).containsHandler("stranger.call");
	}

	@Test
	void theTestKeepsItsRoleAndItsSettings() {
		this.jdbc.sql("SET LOCAL app.tenant = '7'").update();
		this.jdbc.sql("SELECT pgdispatch.fire('SET ROLE reporter')").query().singleRow();
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect SELECT current_setting(''app.tenant'')')")
			.query()
			.singleRow();
		assertThat(this.jobs.run()).isEqualTo(2);
		assertThat(effects(this.jdbc)).containsExactly("7");
	}

	@Test
	void nothingIsLeft() {
		this.sideEffects.insert("one");
		this.sideEffects.welcome(1, null);
		this.jobs.clear();
		assertThat(this.jobs).isEmpty();
	}

	private String deadLetter(String column) {
		return this.jdbc.sql("SELECT " + column + " FROM pgdispatch.dead_letter").query(String.class).single();
	}

}
