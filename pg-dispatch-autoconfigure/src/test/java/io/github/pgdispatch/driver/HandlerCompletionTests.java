package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

import org.springframework.aop.MethodBeforeAdvice;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A job is completed in the transaction of its method, whoever commits it.
 */
@PostgresTest
class HandlerCompletionTests {

	@Test
	void isCommittedByTheMessageThatCompletesIt(TestDatabase database) {
		try (HandlerNode node = start(database, WatchedCommits.class)) {
			run(database, "insert");
			// The job has ended before Spring commits.
			await().untilAsserted(
					() -> assertThat(node.bean(Commits.class).states()).containsExactly(TransactionState.IDLE));
		}
		assertThat(effects(database)).containsExactly("inserted");
		assertThat(deadLetters(database)).isEmpty();
	}

	@Test
	void errorAtTheCommitFailsTheJob(TestDatabase database) {
		try (HandlerNode node = start(database, Methods.class)) {
			database.jdbc("app").sql("ALTER TABLE effect ADD UNIQUE (what) DEFERRABLE INITIALLY DEFERRED").update();
			run(database, "insert");
			run(database, "insert");
		}
		assertThat(effects(database)).containsExactly("inserted");
		assertThat(deadLetters(database)).hasSize(1)
			.first()
			.asString()
			.startsWith(DuplicateKeyException.class.getName());
	}

	@Test
	void losesARaceAtTheCommitAndIsRunAgain(TestDatabase database) {
		try (HandlerNode node = start(database, Methods.class)) {
			run(database, "race");
		}
		assertThat(effects(database)).containsExactly("other", "mine after 1");
		assertThat(deadLetters(database)).isEmpty();
	}

	@Test
	void isNotCommittedBeforeAListenerBehindOurs(TestDatabase database) {
		try (HandlerNode node = start(database, Methods.class)) {
			node.bean(ConfigurableTransactionManager.class).addListener(new Refusing());
			run(database, "insert");
		}
		assertThat(effects(database)).isEmpty();
		assertThat(deadLetters(database)).containsExactly("java.lang.IllegalStateException: refused");
	}

	@Test
	void isNotCommittedBeforeTheTransactionManagerHasWritten(TestDatabase database) {
		try (HandlerNode node = start(database, OtherTransactionManager.class)) {
			run(database, "insert");
			assertThat(effects(database)).containsExactly("inserted", "kept until the commit");
			run(database, "fail");
		}
		assertThat(effects(database)).containsExactly("inserted", "kept until the commit");
		assertThat(deadLetters(database)).containsExactly("java.lang.IllegalStateException: could not be written");
	}

	private static HandlerNode start(TestDatabase database, Class<?> bean) {
		database.install("app").jdbc("app").sql("CREATE TABLE effect (what text)").update();
		return HandlerNode.start(database, bean);
	}

	private static void run(TestDatabase database, String handler) {
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
		await().atMost(Duration.ofSeconds(60))
			.until(() -> jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0);
	}

	private static boolean isInsert(@Nullable String transaction) {
		return (Methods.class.getName() + ".insert").equals(transaction);
	}

	private static List<String> effects(TestDatabase database) {
		return database.jdbc("app").sql("SELECT what FROM effect").query(String.class).list();
	}

	private static List<String> deadLetters(TestDatabase database) {
		return database.jdbc("app").sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).list();
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Methods.class)
	static class WatchedCommits {

		@Bean
		static Commits commits() {
			return new Commits();
		}

	}

	/**
	 * Records the state of the methods' transactions when Spring commits them.
	 */
	static class Commits implements BeanPostProcessor {

		private final Queue<TransactionState> states = new ConcurrentLinkedQueue<>();

		List<TransactionState> states() {
			return List.copyOf(this.states);
		}

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return (bean instanceof DataSource dataSource) ? watched(dataSource) : bean;
		}

		private DataSource watched(DataSource dataSource) {
			return new DelegatingDataSource(dataSource) {

				@Override
				public Connection getConnection() throws SQLException {
					ProxyFactory proxy = new ProxyFactory(super.getConnection());
					proxy.addAdvice((MethodBeforeAdvice) (method, arguments, connection) -> {
						if (method.getName().equals("commit")
								&& isInsert(TransactionSynchronizationManager.getCurrentTransactionName())) {
							Commits.this.states
								.add(((Connection) connection).unwrap(BaseConnection.class).getTransactionState());
						}
					});
					return (Connection) proxy.getProxy();
				}

			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Methods.class)
	static class OtherTransactionManager {

		/**
		 * Writes at the commit, as JPA does.
		 */
		@Bean
		JdbcTransactionManager transactionManager(DataSource dataSource) {
			JdbcClient jdbc = JdbcClient.create(dataSource);
			return new JdbcTransactionManager(dataSource) {

				@Override
				protected void doCommit(DefaultTransactionStatus status) {
					if (isInsert(status.getTransactionName())) {
						jdbc.sql("INSERT INTO effect VALUES ('kept until the commit')").update();
					}
					if (status.getTransactionName().endsWith(".fail")) {
						throw new IllegalStateException("could not be written");
					}
					super.doCommit(status);
				}

			};
		}

	}

	private static final class Refusing implements TransactionExecutionListener {

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			if (isInsert(transaction.getTransactionName())) {
				throw new IllegalStateException("refused");
			}
		}

	}

	static class Methods {

		private final JdbcClient jdbc;

		private final DataSource others;

		Methods(JdbcClient jdbc, DataSource dataSource) {
			this.jdbc = jdbc;
			this.others = dataSource;
		}

		@Transactional
		@AfterCommitDispatch(name = "insert")
		void insert() {
			this.jdbc.sql("INSERT INTO effect VALUES ('inserted')").update();
		}

		@Transactional
		@AfterCommitDispatch(name = "fail")
		void fail() {
			insert();
		}

		@Transactional(isolation = Isolation.SERIALIZABLE)
		@AfterCommitDispatch(name = "race")
		void race() throws SQLException {
			int before = count();
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param("mine after " + before).update();
			if (before == 0) {
				commitAnother();
			}
		}

		/**
		 * Commits a transaction that reads what this one writes, and writes what this one
		 * has read.
		 */
		private void commitAnother() throws SQLException {
			try (Connection connection = this.others.getConnection();
					Statement statement = connection.createStatement()) {
				connection.setAutoCommit(false);
				connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
				statement.execute("SELECT count(*) FROM effect");
				statement.execute("INSERT INTO effect VALUES ('other')");
				connection.commit();
			}
		}

		private int count() {
			return this.jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single();
		}

	}

}
