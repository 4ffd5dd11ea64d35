package io.github.pgdispatch;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.SqlJobQueue;
import io.github.pgdispatch.gateway.QueueWatchSession;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PgDispatchTemplate}: the transactions that it joins, and those that it
 * does not.
 */
@PostgresTest
class PgDispatchTemplateTests {

	private TestDatabase database;

	private DataSource dataSource;

	private JdbcClient jdbc;

	private PlatformTransactionManager transactionManager;

	private TransactionTemplate transaction;

	private RecordingListener listener;

	private PgDispatchTemplate template;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.dataSource = database.dataSource("app");
		this.jdbc = database.jdbc("postgres");
		this.transactionManager = new JdbcTransactionManager(this.dataSource);
		this.transaction = new TransactionTemplate(this.transactionManager);
		this.listener = new RecordingListener();
		this.template = template(true);
	}

	private PgDispatchTemplate template(boolean transactionRequired) {
		return PgDispatchTemplate.builder(this.dataSource, this.transactionManager)
			.transactionRequired(transactionRequired)
			.listener(this.listener)
			.build();
	}

	@AfterEach
	void leavesNothingOnTheThread() {
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	@Test
	void writesOneJobWhenTheTransactionCommits() {
		this.transaction.executeWithoutResult((status) -> {
			this.template.fire("SELECT :name", Map.of("name", "it's"));
			assertThat(commands()).isEmpty();
			assertThat(this.listener.fired).hasValue(0);
		});
		assertThat(commands()).containsExactly("SELECT ('it''s'::pg_catalog.text)");
		assertThat(this.listener.fired).hasValue(1);
	}

	@Test
	void writesNothingWhenTheTransactionRollsBack() {
		this.transaction.executeWithoutResult((status) -> {
			this.template.fire("SELECT 1");
			status.setRollbackOnly();
		});
		assertThat(commands()).isEmpty();
		assertThat(this.listener.fired).hasValue(0);
	}

	@Test
	void savepointThatIsRolledBackTakesItsOwnDispatchesWithIt() {
		TransactionTemplate nested = new TransactionTemplate(this.transactionManager);
		nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
		this.transaction.executeWithoutResult((status) -> {
			this.template.fire("SELECT 'outer'");
			nested.executeWithoutResult((inner) -> {
				this.template.fire("SELECT 'inner'");
				inner.setRollbackOnly();
			});
		});
		assertThat(commands()).containsExactly("SELECT 'outer'");
	}

	@Test
	void innerTransactionHasDispatchesOfItsOwn() {
		TransactionTemplate inner = new TransactionTemplate(this.transactionManager);
		inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transaction.executeWithoutResult((status) -> {
			this.template.fire("SELECT 'outer'");
			inner.executeWithoutResult((innerStatus) -> this.template.fire("SELECT 'inner'"));
			assertThat(this.listener.fired).hasValue(1);
			status.setRollbackOnly();
		});
		assertThat(commands()).containsExactly("SELECT 'inner'");
		assertThat(this.listener.fired).hasValue(1);
	}

	@Test
	void snoozedJobIsDueLaterByWholeSeconds() {
		this.transaction.executeWithoutResult((status) -> this.template.snooze("SELECT 1", Duration.ofMillis(90_900)));
		assertThat(this.jdbc.sql("SELECT extract(epoch FROM due_at - dispatched_at)::int FROM pgdispatch.job")
			.query(Integer.class)
			.single()).isEqualTo(90);
		assertThat(this.listener.snoozed).hasValue(1);
		assertThat(this.listener.fired).hasValue(0);
	}

	@Test
	void withoutATransactionItFails() {
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> this.template.fire("SELECT 1"))
			.withMessageContaining("@Transactional")
			.withMessageContaining("pgdispatch.transaction=supports");
		assertThat(commands()).isEmpty();
	}

	@Test
	void withoutATransactionItCommitsByItselfIfAllowed() {
		template(false).fire("SELECT 1");
		assertThat(commands()).containsExactly("SELECT 1");
		assertThat(this.listener.fired).hasValue(1);
	}

	@Test
	void inAReadOnlyTransactionItFails() {
		this.transaction.setReadOnly(true);
		this.transaction
			.executeWithoutResult((status) -> assertThatExceptionOfType(IllegalTransactionStateException.class)
				.isThrownBy(() -> template(false).fire("SELECT 1"))
				.withMessageContaining("read-only"));
		assertThat(commands()).isEmpty();
	}

	@Test
	void inATransactionOfAnotherDataSourceItFails() {
		TransactionTemplate foreign = new TransactionTemplate(
				new JdbcTransactionManager(this.database.dataSource("app")));
		foreign.executeWithoutResult((status) -> assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> template(false).fire("SELECT 1"))
			.withMessageContaining("is not one of"));
		assertThat(commands()).isEmpty();
	}

	@Test
	void withATransactionManagerOfAnotherDataSourceItFails() {
		this.transactionManager = new JdbcTransactionManager(this.database.dataSource("app"));
		PgDispatchTemplate template = template(true);
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> new TransactionTemplate(this.transactionManager)
				.executeWithoutResult((status) -> template.fire("SELECT 1")))
			.withMessageContaining("has no connection");
		assertThat(commands()).isEmpty();
	}

	@Test
	void inATransactionThatHasBeenCommittedItFails() {
		AtomicInteger calls = new AtomicInteger();
		this.transaction.executeWithoutResult((status) -> afterCommit(() -> {
			assertThatExceptionOfType(IllegalTransactionStateException.class)
				.isThrownBy(() -> this.template.fire("SELECT 1"))
				.withMessageContaining("REQUIRES_NEW");
			calls.incrementAndGet();
		}));
		assertThat(calls).hasValue(1);
		assertThat(commands()).isEmpty();
	}

	@Test
	void inANewTransactionAfterTheCommitItWorks() {
		TransactionTemplate another = new TransactionTemplate(this.transactionManager);
		another.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transaction.executeWithoutResult(
				(status) -> afterCommit(() -> another.executeWithoutResult((inner) -> this.template.fire("SELECT 1"))));
		assertThat(commands()).containsExactly("SELECT 1");
		assertThat(this.listener.fired).hasValue(1);
	}

	@Test
	void beforeTheCommitItWorks() {
		this.transaction.executeWithoutResult(
				(status) -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public void beforeCommit(boolean readOnly) {
						PgDispatchTemplateTests.this.template.fire("SELECT 1");
					}

				}));
		assertThat(commands()).containsExactly("SELECT 1");
	}

	@Test
	void badInputIsRefusedAtOnceAndLeavesTheTransactionAsItWas() {
		this.transaction.executeWithoutResult((status) -> {
			assertThatIllegalArgumentException().isThrownBy(() -> this.template.fire(" "));
			assertThatIllegalArgumentException().isThrownBy(() -> this.template.fire("SELECT :id"))
				.withMessageContaining("id");
			assertThatIllegalArgumentException()
				.isThrownBy(() -> this.template.snooze("SELECT 1", Duration.ofSeconds(-1)))
				.withMessageContaining("PT-1S");
			this.template.fire("SELECT 1");
		});
		assertThat(commands()).containsExactly("SELECT 1");
	}

	@Test
	void nobodyIsNotifiedIfTheListenerSeesToTheJobs() throws SQLException {
		try (QueueWatchSession watch = QueueWatchSession.open(this.dataSource, new SqlJobQueue(1), true)) {
			watch.look(true);
			this.transaction.executeWithoutResult((status) -> this.template.fire("SELECT 1"));
			this.listener.listening = false;
			this.transaction.executeWithoutResult((status) -> this.template.fire("SELECT 2"));
			assertThat(watch.await(Duration.ofMinutes(1))).isEqualTo(QueueWatchSession.Notified.THIS);
			assertThat(watch.await(Duration.ofMillis(1))).isEqualTo(QueueWatchSession.Notified.NONE);
		}
	}

	private static void afterCommit(Runnable action) {
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				action.run();
			}

		});
	}

	private List<String> commands() {
		return this.jdbc.sql("SELECT command FROM pgdispatch.job ORDER BY id").query(String.class).list();
	}

	private static final class RecordingListener implements DispatchListener {

		private final AtomicInteger fired = new AtomicInteger();

		private final AtomicInteger snoozed = new AtomicInteger();

		private boolean listening = true;

		@Override
		public boolean isListening() {
			return this.listening;
		}

		@Override
		public void committed(int fired, int snoozed) {
			this.fired.addAndGet(fired);
			this.snoozed.addAndGet(snoozed);
		}

	}

}
