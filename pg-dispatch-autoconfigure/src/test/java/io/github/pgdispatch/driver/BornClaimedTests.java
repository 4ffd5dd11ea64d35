package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.HandlerDriverTests.UnreliableConnections;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Jobs that are written with the claim of their node keep all promises, in whatever way
 * their transaction ends and whatever happens to the claim meanwhile.
 */
@Tag("every-postgresql")
@PostgresTest
@TestInstance(Lifecycle.PER_CLASS)
class BornClaimedTests {

	private static final int CONCURRENCY = 3;

	private JdbcClient outside;

	private HandlerNode node;

	private Methods methods;

	@BeforeAll
	void install(TestDatabase database) {
		database.install("app");
		this.outside = database.jdbc("app");
		this.outside.sql("CREATE TABLE effect (what text)").update();
		this.outside.sql("""
				CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no claims'; END $$""")
			.update();
		start(database);
	}

	private void start(TestDatabase database) {
		this.node = HandlerNode.start(database, UnreliableMethods.class, "pgdispatch.worker.concurrency=" + CONCURRENCY,
				"pgdispatch.worker.lease=1s");
		this.methods = this.node.bean(Methods.class);
		// The node has its lease as long as it runs this job.
		inTransaction(() -> this.methods.block());
	}

	@BeforeEach
	void awaitLease() {
		await().until(() -> claims(Kind.PLAIN));
	}

	@AfterEach
	void clean() {
		this.outside.sql("DELETE FROM pgdispatch.handler_job WHERE handler <> 'block'").update();
		this.outside.sql("DELETE FROM effect").update();
		this.outside.sql("DELETE FROM pgdispatch.pause").update();
		this.methods.begun().clear();
	}

	@AfterAll
	void stop() {
		this.methods.openGate();
		this.node.close();
	}

	@ParameterizedTest
	@EnumSource
	void runsWithoutAClaimAfterTheCommit(Kind kind) {
		this.outside.sql("CREATE TRIGGER forbid BEFORE UPDATE ON pgdispatch.handler_job EXECUTE FUNCTION forbid()")
			.update();
		try {
			inTransaction(() -> {
				dispatch(kind, "born");
				assertThat(isClaimed()).isTrue();
				assertThat(effects()).isEmpty();
			});
			awaitEffects("born");
		}
		finally {
			this.outside.sql("DROP TRIGGER forbid ON pgdispatch.handler_job").update();
		}
		await().until(() -> count("handler_job") == 1);
	}

	@ParameterizedTest
	@EnumSource
	void isUndoneByARollbackAndLeavesItsPlace(Kind kind) {
		for (int i = 0; i < 5 * CONCURRENCY; i++) {
			rollback(() -> dispatch(kind, "rolled back"));
		}
		inTransaction(() -> {
			dispatch(kind, "committed");
			assertThat(isClaimed()).isTrue();
		});
		awaitEffects("committed");
	}

	@ParameterizedTest
	@EnumSource
	void isUndoneByASavepointOfSpring(Kind kind) {
		TransactionTemplate nested = new TransactionTemplate(this.node.transaction().getTransactionManager());
		nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
		isUndoneByASavepoint(kind, (dispatch) -> nested.executeWithoutResult((status) -> {
			dispatch.run();
			status.setRollbackOnly();
		}));
	}

	@ParameterizedTest
	@EnumSource
	void isUndoneByASavepointOfJdbc(Kind kind) {
		isUndoneByASavepoint(kind,
				(dispatch) -> this.node.bean(JdbcTemplate.class).execute((ConnectionCallback<Void>) (connection) -> {
					var savepoint = connection.setSavepoint();
					dispatch.run();
					connection.rollback(savepoint);
					return null;
				}));
	}

	@ParameterizedTest
	@EnumSource
	void isUndoneByASavepointOfSql(Kind kind) {
		isUndoneByASavepoint(kind, (dispatch) -> {
			this.node.jdbc().sql("SAVEPOINT s").update();
			dispatch.run();
			this.node.jdbc().sql("ROLLBACK TO SAVEPOINT s").update();
		});
	}

	private void isUndoneByASavepoint(Kind kind, Consumer<Runnable> savepoint) {
		inTransaction(() -> {
			savepoint.accept(() -> dispatch(kind, "undone"));
			dispatch(kind, "kept");
		});
		awaitEffects("kept");
		inTransaction(() -> {
			this.node.jdbc().sql("SAVEPOINT s").update();
			dispatch(kind, "released");
			this.node.jdbc().sql("RELEASE SAVEPOINT s").update();
		});
		awaitEffects("kept", "released");
		assertThat(this.methods.begun()).doesNotContain("undone");
	}

	@ParameterizedTest
	@EnumSource
	void isNotRunIfItsTransactionCancelsIt(Kind kind) {
		inTransaction(() -> {
			dispatch(kind, "cancelled");
			assertThat(this.node.bean(PgDispatchTemplate.class).cancel(id())).hasToString("CANCELLED");
		});
		inTransaction(() -> dispatch(kind, "other"));
		awaitEffects("other");
		assertThat(this.methods.begun()).doesNotContain("cancelled");
	}

	@ParameterizedTest
	@EnumSource
	void hasNoEffectIfSqlOfItsTransactionRemovesIt(Kind kind) {
		inTransaction(() -> {
			dispatch(kind, "cancelled");
			assertThat(this.node.jdbc().sql("SELECT pgdispatch.cancel(?)").param(id()).query(String.class).single())
				.isEqualTo("cancelled");
		});
		inTransaction(() -> dispatch(kind, "other"));
		awaitEffects("other");
	}

	@ParameterizedTest
	@EnumSource
	void doesNotBeginIfItsTransactionPausesItsHandler(Kind kind) {
		inTransaction(() -> {
			dispatch(kind, "paused");
			this.node.bean(PgDispatchOperations.class).pauseHandler(kind.handler());
		});
		await().until(() -> this.outside
			.sql("SELECT count(*) FROM pgdispatch.handler_job WHERE claimed_by IS NULL AND attempts = 0")
			.query(Long.class)
			.single() == 1);
		assertThat(this.methods.begun()).isEmpty();
		this.node.bean(PgDispatchOperations.class).resumeHandler(kind.handler());
		awaitEffects("paused");
	}

	@ParameterizedTest
	@EnumSource
	void doesNotBeginIfItsHandlerIsPausedWhileItsTransactionIsOpen(Kind kind) {
		inTransaction(() -> {
			dispatch(kind, "paused");
			this.outside.sql("SELECT pgdispatch.pause(?)").param(kind.handler()).query().singleRow();
			await().pollDelay(JobClaimer.MAX_WAIT.plusMillis(50)).until(() -> true);
		});
		await().until(() -> this.outside
			.sql("SELECT count(*) FROM pgdispatch.handler_job WHERE claimed_by IS NULL AND attempts = 0")
			.query(Long.class)
			.single() == 1);
		assertThat(this.methods.begun()).isEmpty();
		this.outside.sql("SELECT pgdispatch.resume(?)").param(kind.handler()).query().singleRow();
		awaitEffects("paused");
	}

	/**
	 * Spring then says that the transaction was rolled back. It does not tell a callback
	 * of the commit that another one registers before the commit.
	 */
	@ParameterizedTest
	@EnumSource
	void runsOnceIfTheAnswerOfTheCommitIsLostAndSpringRollsBack(Kind kind) {
		AbstractPlatformTransactionManager manager = this.node.bean(AbstractPlatformTransactionManager.class);
		manager.setRollbackOnCommitFailure(true);
		try {
			runsOnceIfTheAnswerOfTheCommitIsLost(
					() -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

						@Override
						public void beforeCommit(boolean readOnly) {
							dispatch(kind, "lost");
						}

					}));
		}
		finally {
			manager.setRollbackOnCommitFailure(false);
		}
	}

	@ParameterizedTest
	@EnumSource
	void runsOnceIfTheAnswerOfTheCommitIsLost(Kind kind) {
		runsOnceIfTheAnswerOfTheCommitIsLost(() -> dispatch(kind, "lost"));
	}

	private void runsOnceIfTheAnswerOfTheCommitIsLost(Runnable dispatch) {
		this.node.bean(UnreliableDataSource.class).loseNextAnswerOfCommit();
		assertThatExceptionOfType(DataAccessResourceFailureException.class).isThrownBy(() -> inTransaction(dispatch));
		awaitEffects("lost");
		await().until(() -> count("handler_job") == 1);
		assertThat(this.methods.begun()).containsExactly("lost");
	}

	@ParameterizedTest
	@EnumSource
	void isLeftToTheNodeThatTakesItOverBeforeTheAnswerOfTheCommit(Kind kind) {
		this.node.bean(UnreliableDataSource.class)
			.lateAnswerOfCommit(() -> this.outside
				.sql("UPDATE pgdispatch.handler_job SET claimed_by = gen_random_uuid(), attempts = 2 WHERE handler = ?")
				.param(kind.handler())
				.update());
		inTransaction(() -> dispatch(kind, "taken over"));
		inTransaction(() -> dispatch(kind, "other"));
		awaitEffects("other");
	}

	@ParameterizedTest
	@EnumSource
	void isGivenBackIfTheAnswerOfTheCommitIsLate(Kind kind) {
		// Longer than the lease, which the node renews meanwhile.
		this.node.bean(UnreliableDataSource.class)
			.lateAnswerOfCommit(() -> await().pollDelay(Duration.ofMillis(1_500)).until(() -> true));
		inTransaction(() -> dispatch(kind, "late"));
		awaitEffects("late");
		await().until(() -> count("handler_job") == 1);
		assertThat(this.methods.begun()).containsExactly("late");
	}

	@ParameterizedTest
	@EnumSource
	void isGivenBackIfTheNodeIsDrained(Kind kind) {
		inTransaction(() -> {
			dispatch(kind, "drained");
			this.node.bean(PgDispatchNode.class).drain();
		});
		await().until(() -> this.outside
			.sql("SELECT count(*) FROM pgdispatch.handler_job WHERE claimed_by IS NULL AND attempts = 0")
			.query(Long.class)
			.single() == 1);
		assertThat(this.methods.begun()).isEmpty();
		this.node.bean(PgDispatchNode.class).resume();
		awaitEffects("drained");
	}

	@Test
	void nodeClaimsNoMoreThanItCanStart() {
		List<Boolean> claimed = this.node.transaction().execute((status) -> {
			for (int i = 0; i < CONCURRENCY; i++) {
				this.methods.plain("job " + i);
			}
			return this.node.jdbc()
				.sql("SELECT claimed_by IS NOT NULL FROM pgdispatch.handler_job WHERE handler = 'plain' ORDER BY id")
				.query(Boolean.class)
				.list();
		});
		// One place is taken by the job that blocks.
		assertThat(claimed).containsExactly(true, true, false);
		awaitEffects("job 0", "job 1", "job 2");
	}

	@Test
	void handlerWithItsOwnConcurrencyIsLeftToTheClaims() {
		inTransaction(() -> {
			this.methods.single("single");
			assertThat(isClaimed()).isFalse();
		});
		awaitEffects("single");
	}

	@ParameterizedTest
	@ValueSource(ints = { Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE })
	void transactionWithAnOldSnapshotLeavesItToTheClaims(int isolation) {
		TransactionTemplate transaction = this.node.transaction();
		transaction.setIsolationLevel(isolation);
		transaction.executeWithoutResult((status) -> {
			this.methods.plain("old snapshot");
			assertThat(isClaimed()).isFalse();
		});
		awaitEffects("old snapshot");
	}

	@Test
	void nodeThatStopsGivesBackWhatAnOpenTransactionHasDispatched(TestDatabase database) {
		inTransaction(() -> {
			this.methods.plain("open");
			Thread stopping = new Thread(this.node::close);
			stopping.start();
			this.methods.openGate();
			await().until(() -> count("handler_job") == 0);
		});
		await().until(() -> count("node") == 0);
		assertThat(this.outside.sql("SELECT claimed_by IS NULL AND attempts = 0 FROM pgdispatch.handler_job")
			.query(Boolean.class)
			.list()).containsExactly(true);
		assertThat(this.methods.begun()).isEmpty();
		start(database);
		awaitEffects("open");
	}

	private void dispatch(Kind kind, String what) {
		if (kind == Kind.PLAIN) {
			this.methods.plain(what);
		}
		else {
			this.methods.transactional(what);
		}
	}

	private void inTransaction(Runnable action) {
		this.node.transaction().executeWithoutResult((status) -> action.run());
	}

	private void rollback(Runnable action) {
		this.node.transaction().executeWithoutResult((status) -> {
			action.run();
			status.setRollbackOnly();
		});
	}

	private boolean claims(Kind kind) {
		return Boolean.TRUE.equals(this.node.transaction().execute((status) -> {
			dispatch(kind, "tried");
			status.setRollbackOnly();
			return isClaimed();
		}));
	}

	/**
	 * Returns whether the only job of the current transaction is claimed.
	 */
	private boolean isClaimed() {
		return this.node.jdbc()
			.sql("SELECT claimed_by IS NOT NULL FROM pgdispatch.handler_job WHERE handler <> 'block'")
			.query(Boolean.class)
			.single();
	}

	private long id() {
		return this.node.jdbc()
			.sql("SELECT id FROM pgdispatch.handler_job WHERE handler <> 'block'")
			.query(Long.class)
			.single();
	}

	private long count(String table) {
		return this.outside.sql("SELECT count(*) FROM pgdispatch." + table).query(Long.class).single();
	}

	private List<String> effects() {
		return this.outside.sql("SELECT what FROM effect ORDER BY what").query(String.class).list();
	}

	private void awaitEffects(String... expected) {
		await().until(() -> effects().equals(List.of(expected)));
	}

	enum Kind {

		PLAIN, TRANSACTIONAL;

		String handler() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import({ UnreliableConnections.class, Methods.class })
	static class UnreliableMethods {

	}

	static class Methods {

		private final CountDownLatch gate = new CountDownLatch(1);

		private final List<String> begun = new CopyOnWriteArrayList<>();

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		void openGate() {
			this.gate.countDown();
		}

		List<String> begun() {
			return this.begun;
		}

		@AfterCommitDispatch(name = "block")
		void block() {
			try {
				this.gate.await(60, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@AfterCommitDispatch(name = "plain")
		void plain(String what) {
			insert(what);
		}

		@AfterCommitDispatch(name = "single", concurrency = 1)
		void single(String what) {
			insert(what);
		}

		@Transactional
		@AfterCommitDispatch(name = "transactional")
		void transactional(String what) {
			insert(what);
		}

		private void insert(String what) {
			this.begun.add(what);
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(what).update();
		}

	}

}
