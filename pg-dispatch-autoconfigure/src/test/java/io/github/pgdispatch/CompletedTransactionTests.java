package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests that a dispatch is refused in a transaction that is over, in which its row would
 * be committed by itself or lost, whatever manages the transaction and however the
 * dispatch is made.
 */
@PostgresTest
class CompletedTransactionTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void database(TestDatabase database) {
		this.database = database;
		this.jdbc = database.jdbc("postgres");
	}

	static Stream<Arguments> applications() {
		return Stream.of(false, true)
			.flatMap((jpa) -> Stream.of("required", "supports")
				.flatMap((transaction) -> Stream.of(true, false)
					.map((autoCommit) -> Arguments.of(jpa, transaction, autoCommit))));
	}

	@ParameterizedTest(name = "JPA: {0}, transaction={1}, auto-commit={2}")
	@MethodSource("applications")
	void listenersOfEventsDispatchBeforeTheCommitOnly(boolean jpa, String transaction, boolean autoCommit) {
		application(jpa, transaction, autoCommit).run((context) -> {
			if (jpa) {
				assertThat(context.getBean(PlatformTransactionManager.class)).isInstanceOf(JpaTransactionManager.class);
			}
			for (Runnable dispatch : dispatches(context)) {
				accepts(context, TransactionPhase.BEFORE_COMMIT, true, dispatch);
				for (boolean commit : new boolean[] { true, false }) {
					refuses(context, TransactionPhase.AFTER_COMPLETION, commit, dispatch);
					accepts(context, TransactionPhase.AFTER_COMPLETION, commit, inNewTransaction(context, dispatch));
				}
				refuses(context, TransactionPhase.AFTER_COMMIT, true, dispatch);
				accepts(context, TransactionPhase.AFTER_COMMIT, true, inNewTransaction(context, dispatch));
				refuses(context, TransactionPhase.AFTER_ROLLBACK, false, dispatch);
				accepts(context, TransactionPhase.AFTER_ROLLBACK, false, inNewTransaction(context, dispatch));
			}
		});
	}

	@ParameterizedTest(name = "JPA: {0}, transaction={1}, auto-commit={2}")
	@MethodSource("applications")
	void innerTransactionThatHasEndedDoesNotHideThatTheOuterOneIsOver(boolean jpa, String transaction,
			boolean autoCommit) {
		application(jpa, transaction, autoCommit).run((context) -> {
			PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
			Throwable refused = publish(context, TransactionPhase.AFTER_COMMIT, true, () -> {
				inNewTransaction(context, () -> {
				}).run();
				template.fire("SELECT 1");
			});
			assertThat(refused).isInstanceOf(IllegalTransactionStateException.class);
			assertThat(jobs()).isZero();
		});
	}

	private ApplicationContextRunner application(boolean jpa, String transaction, boolean autoCommit) {
		ApplicationContextRunner application = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
					PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withBean(Listeners.class)
			.withBean(SideEffects.class)
			.withPropertyValues("spring.datasource.url=" + this.database.url(), "spring.datasource.username=app",
					"spring.datasource.hikari.maximum-pool-size=3",
					"spring.datasource.hikari.auto-commit=" + autoCommit, "pgdispatch.schema.mode=jdbc",
					"pgdispatch.worker.enabled=false", "pgdispatch.transaction=" + transaction);
		return jpa ? application.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(NoEntities.class) : application;
	}

	private static List<Runnable> dispatches(ApplicationContext context) {
		PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
		SideEffects sideEffects = context.getBean(SideEffects.class);
		return List.of(() -> template.fire("SELECT 1"), () -> template.dispatch(Dispatch.sql("SELECT 1")),
				() -> template.fireAll("SELECT :value", List.of(new Value(1))), sideEffects::command,
				sideEffects::body);
	}

	private static Runnable inNewTransaction(ApplicationContext context, Runnable action) {
		TransactionTemplate another = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
		another.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		return () -> another.executeWithoutResult((status) -> action.run());
	}

	private void accepts(ApplicationContext context, TransactionPhase phase, boolean commit, Runnable dispatch) {
		assertThat(publish(context, phase, commit, dispatch)).isNull();
		assertThat(jobs()).isOne();
		this.jdbc.sql("TRUNCATE pgdispatch.job, pgdispatch.handler_job CASCADE").update();
	}

	private void refuses(ApplicationContext context, TransactionPhase phase, boolean commit, Runnable dispatch) {
		assertThat(publish(context, phase, commit, dispatch)).isInstanceOf(IllegalTransactionStateException.class)
			.hasMessageContaining("REQUIRES_NEW");
		assertThat(jobs()).isZero();
	}

	/**
	 * Has a listener do something in a phase of a transaction.
	 * @return what it threw
	 */
	private static @Nullable Throwable publish(ApplicationContext context, TransactionPhase phase, boolean commit,
			Runnable action) {
		Event event = new Event(phase, action, new ArrayList<>());
		new TransactionTemplate(context.getBean(PlatformTransactionManager.class)).executeWithoutResult((status) -> {
			context.publishEvent(event);
			if (!commit) {
				status.setRollbackOnly();
			}
		});
		assertThat(event.outcomes()).as("calls of the listener").hasSize(1);
		return event.outcomes().get(0);
	}

	private int jobs() {
		return this.jdbc.sql("""
				SELECT (SELECT count(*) FROM pgdispatch.job) + (SELECT count(*) FROM pgdispatch.handler_job)""")
			.query(Integer.class)
			.single();
	}

	record Event(TransactionPhase phase, Runnable action, List<@Nullable Throwable> outcomes) {

		void handle(TransactionPhase phase) {
			if (phase == this.phase) {
				this.outcomes.add(catchThrowable(this.action::run));
			}
		}

	}

	record Value(int value) {

	}

	static class Listeners {

		@TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
		void beforeCommit(Event event) {
			event.handle(TransactionPhase.BEFORE_COMMIT);
		}

		@TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
		void afterCommit(Event event) {
			event.handle(TransactionPhase.AFTER_COMMIT);
		}

		@TransactionalEventListener(phase = TransactionPhase.AFTER_ROLLBACK)
		void afterRollback(Event event) {
			event.handle(TransactionPhase.AFTER_ROLLBACK);
		}

		@TransactionalEventListener(phase = TransactionPhase.AFTER_COMPLETION)
		void afterCompletion(Event event) {
			event.handle(TransactionPhase.AFTER_COMPLETION);
		}

	}

	static class SideEffects {

		@AfterCommitDispatch("SELECT 1")
		void command() {
		}

		@AfterCommitDispatch
		void body() {
			throw new AssertionError("The body ran");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class NoEntities {

		@Bean
		PersistenceManagedTypes managedTypes() {
			return PersistenceManagedTypes.of();
		}

	}

}
