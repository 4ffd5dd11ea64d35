package io.github.pgdispatch;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.driver.ResultWatch;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what {@link PgDispatchTemplate} does with jobs by their ids.
 */
@PostgresTest
class JobLifeTests {

	private static final Duration LONG = Duration.ofMinutes(1);

	private TestDatabase database;

	private Session session;

	private TransactionTemplate transaction;

	private ResultWatch results;

	private PgDispatchTemplate template;

	@BeforeEach
	void install(TestDatabase database) throws Exception {
		this.database = database.install("app");
		this.session = new Session(database, "app");
		DriverManagerDataSource dataSource = new DriverManagerDataSource(database.url(), "app", "");
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(dataSource);
		this.transaction = new TransactionTemplate(transactionManager);
		this.results = new ResultWatch(dataSource, new CustomizableThreadFactory("test-"), LONG, true);
		this.template = PgDispatchTemplate.builder(dataSource, transactionManager).results(this.results).build();
	}

	@AfterEach
	void close() throws Exception {
		this.results.stop();
		this.session.close();
	}

	private long dispatch(String command, String options) throws Exception {
		return Long.parseLong(
				this.session.value("SELECT pgdispatch.dispatch('" + command + "', notify => false" + options + ")"));
	}

	private JobState state(long id) {
		return this.template.find(id).map(JobInfo::state).orElse(null);
	}

	@Test
	void findsAJobAllItsLife() throws Exception {
		long id = dispatch("SELECT 1 / 0", ", delay => '1 hour'");
		JobInfo snoozed = this.template.find(id).orElseThrow();
		assertThat(snoozed.state()).isEqualTo(JobState.SNOOZED);
		assertThat(snoozed.id()).isEqualTo(id);
		assertThat(snoozed.command()).isEqualTo("SELECT 1 / 0");
		assertThat(snoozed.handler()).isNull();
		assertThat(snoozed.attempts()).isZero();
		assertThat(snoozed.finishedAt()).isNull();
		assertThat(snoozed.dueAt()).isEqualTo(snoozed.dispatchedAt().plus(Duration.ofHours(1)));
		this.session.run("UPDATE pgdispatch.job SET due_at = now()");
		assertThat(state(id)).isEqualTo(JobState.WAITING);
		this.session.run("SELECT pgdispatch.pause()");
		assertThat(state(id)).isEqualTo(JobState.HELD);
		this.session.run("SELECT pgdispatch.resume()");
		this.session.work();
		JobInfo failed = this.template.find(id).orElseThrow();
		assertThat(failed.state()).isEqualTo(JobState.FAILED);
		assertThat(failed.attempts()).isOne();
		assertThat(failed.finishedAt()).isAfter(failed.dispatchedAt());
	}

	@Test
	void findsAJobOfAHandler() throws Exception {
		long id = Long.parseLong(this.session.value("SELECT pgdispatch.dispatch_handler('mails.send', '{\"to\": 7}')"));
		JobInfo job = this.template.find(id).orElseThrow();
		assertThat(job.state()).isEqualTo(JobState.WAITING);
		assertThat(job.command()).isNull();
		assertThat(job.handler()).isEqualTo("mails.send");
		assertThat(job.arguments()).isEqualTo("{\"to\": 7}");
	}

	@Test
	void findsAJobThatHasSucceededIfItsResultIsKept() throws Exception {
		long kept = dispatch("SELECT 1", ", result => 'rows'");
		long plain = dispatch("SELECT 1", "");
		this.session.work();
		assertThat(state(kept)).isEqualTo(JobState.DONE);
		assertThat(this.template.find(plain)).isEmpty();
	}

	@Test
	void cancelsAWaitingJob() throws Exception {
		long id = dispatch("SELECT 1", ", delay => '1 hour', result => 'rows'");
		assertThat(this.template.cancel(id)).isEqualTo(Cancellation.CANCELLED);
		assertThat(this.template.cancel(id)).isEqualTo(Cancellation.NOT_FOUND);
		assertThat(state(id)).isEqualTo(JobState.CANCELLED);
		assertThat(this.template.await(id, LONG).state()).isEqualTo(JobState.CANCELLED);
	}

	@Test
	void cancelsWithTheTransaction() throws Exception {
		long id = dispatch("SELECT 1", ", delay => '1 hour'");
		this.transaction.executeWithoutResult((status) -> {
			assertThat(this.template.cancel(id)).isEqualTo(Cancellation.CANCELLED);
			assertThat(this.template.find(id)).isEmpty();
			status.setRollbackOnly();
		});
		assertThat(state(id)).isEqualTo(JobState.SNOOZED);
	}

	@Test
	void interruptsARunningCommand() throws Exception {
		long id = dispatch("SELECT pg_sleep(600)", "");
		try (Session worker = new Session(this.database, "app")) {
			FutureTask<Session.Drain> work = Session.async(() -> worker.work());
			await().until(() -> state(id) == JobState.RUNNING);
			assertThat(this.template.cancel(id)).isEqualTo(Cancellation.INTERRUPTED);
			work.get(60, TimeUnit.SECONDS);
		}
		assertThat(this.template.find(id)).isEmpty();
	}

	@Test
	void retriesADeadLetter() throws Exception {
		long id = dispatch("SELECT 1 / 0", "");
		assertThat(this.template.retry(id)).isFalse();
		this.session.work();
		assertThat(this.template.retry(id)).isTrue();
		assertThat(state(id)).isEqualTo(JobState.WAITING);
	}

	@Test
	void awaitsTheRows() throws Exception {
		long id = dispatch("SELECT n AS number FROM generate_series(1, 2) AS n", ", result => 'rows'");
		FutureTask<JobResult> result = Session.async(() -> this.template.await(id, LONG));
		this.session.work();
		assertThat(result.get(60, TimeUnit.SECONDS)).satisfies((done) -> {
			assertThat(done.id()).isEqualTo(id);
			assertThat(done.state()).isEqualTo(JobState.DONE);
			assertThat(done.value()).isEqualTo("[{\"number\":1},{\"number\":2}]");
			assertThat(done.rowCount()).isEqualTo(2);
			assertThat(done.finishedAt()).isNotNull();
			assertThat(done.orElseThrow()).isSameAs(done);
		});
	}

	@Test
	void awaitsTheNumberOfRows() throws Exception {
		this.session.run("CREATE TABLE effect (name text)");
		long id = dispatch("INSERT INTO effect SELECT FROM generate_series(1, 3)", ", result => 'count'");
		this.session.work();
		JobResult result = this.template.await(id, LONG);
		assertThat(result.rowCount()).isEqualTo(3);
		assertThat(result.value()).isNull();
	}

	@Test
	void awaitsTheError() throws Exception {
		long id = dispatch("SELECT 1 / 0", ", result => 'rows'");
		this.session.work();
		JobResult result = this.template.await(id, LONG);
		assertThat(result.state()).isEqualTo(JobState.FAILED);
		assertThat(result.sqlState()).isEqualTo("22012");
		assertThatExceptionOfType(DispatchFailedException.class).isThrownBy(result::orElseThrow)
			.withMessageContaining("division by zero");
	}

	@Test
	void doesNotAwaitWhatThereIsNot() throws Exception {
		long plain = dispatch("SELECT 1", "");
		this.session.work();
		for (long id : List.of(plain, plain + 1)) {
			assertThatExceptionOfType(NoSuchJobException.class).isThrownBy(() -> this.template.await(id, LONG))
				.withMessageContaining("There is no job " + id);
		}
	}

	@Test
	void doesNotAwaitLongerThanItIsTo() throws Exception {
		long id = dispatch("SELECT 1", ", delay => '1 hour'");
		assertThatExceptionOfType(DispatchTimeoutException.class)
			.isThrownBy(() -> this.template.await(id, Duration.ofMillis(10)))
			.withMessageContaining("has not ended within PT0.01S");
		await().untilAsserted(() -> assertThat(listeners()).isEqualTo("0"));
	}

	private String listeners() throws Exception {
		return this.session
			.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND pid <> pg_backend_pid()");
	}

	@Test
	void refusesToAwaitWhatTheTransactionHasDispatched() {
		this.transaction.executeWithoutResult((status) -> {
			DispatchedInTransaction.add(7L);
			assertThatIllegalStateException().isThrownBy(() -> this.template.await(7, LONG))
				.withMessageContaining("wait for ever");
		});
	}

}
