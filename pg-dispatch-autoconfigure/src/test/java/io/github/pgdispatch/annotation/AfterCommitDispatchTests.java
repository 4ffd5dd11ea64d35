package io.github.pgdispatch.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.Advised;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AfterCommitDispatch}: what calls of annotated methods dispatch.
 */
@PostgresTest
class AfterCommitDispatchTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("postgres");
		this.application = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
					PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.url(), "spring.datasource.username=app",
					"pgdispatch.schema.mode=jdbc", "pgdispatch.worker.enabled=false", "reminder.delay=3m");
	}

	@Test
	void dispatchesInsteadOfRunningTheBody() {
		calls(SideEffects.class, (effects) -> effects.refresh(42));
		assertThat(commands()).containsExactly("SELECT refresh(('42'::bigint))");
	}

	@Test
	void rollsBackWithTheTransaction() {
		this.application.withBean(SideEffects.class)
			.run((context) -> transaction(context).executeWithoutResult((status) -> {
				context.getBean(SideEffects.class).refresh(42);
				status.setRollbackOnly();
			}));
		assertThat(commands()).isEmpty();
	}

	@Test
	void parametersMayHaveProperties() {
		calls(SideEffects.class, (effects) -> effects.welcome(new User(7, "O'Hara")));
		assertThat(commands()).containsExactly("SELECT welcome(('7'::bigint), ('O''Hara'::pg_catalog.text))");
	}

	@Test
	void nullIsAValue() {
		calls(SideEffects.class, (effects) -> effects.greet(null));
		assertThat(commands()).containsExactly("SELECT greet((NULL))");
	}

	@Test
	void labelIsTheNameOfTheBeanAndTheMethod() {
		this.application.withBean("effects", SideEffects.class)
			.run((context) -> transaction(context)
				.executeWithoutResult((status) -> context.getBean(SideEffects.class).refresh(42)));
		assertThat(labels()).containsExactly("effects.refresh");
	}

	@Test
	void labelIsTheNameOfTheAnnotation() {
		calls(SideEffects.class, SideEffects::named);
		assertThat(labels()).containsExactly("refresh statistics");
	}

	@Test
	void labelOfAClassWithSeveralBeansIsThatOfItsDefaultName() {
		this.application.withBean("one", SideEffects.class)
			.withBean("two", SideEffects.class)
			.run((context) -> transaction(context)
				.executeWithoutResult((status) -> context.getBean("two", SideEffects.class).refresh(42)));
		assertThat(labels()).containsExactly("sideEffects.refresh");
	}

	private List<String> labels() {
		return this.jdbc.sql("SELECT label FROM pgdispatch.job ORDER BY id").query(String.class).list();
	}

	@Test
	void delayIsADuration() {
		calls(SideEffects.class, SideEffects::seconds);
		assertThat(delay()).isEqualTo(Duration.ofSeconds(20));
	}

	@Test
	void delayIsAnIsoDuration() {
		calls(SideEffects.class, SideEffects::iso);
		assertThat(delay()).isEqualTo(Duration.ofMinutes(90));
	}

	@Test
	void delayIsAPlaceholder() {
		calls(SideEffects.class, SideEffects::placeholder);
		assertThat(delay()).isEqualTo(Duration.ofMinutes(3));
	}

	@Test
	void delayIsAnExpression() {
		calls(SideEffects.class, (effects) -> effects.expression(5, Duration.ofHours(1)));
		assertThat(delay()).isEqualTo(Duration.ofHours(5));
	}

	@Test
	void delayIsATemplate() {
		calls(SideEffects.class, (effects) -> effects.template(5));
		assertThat(delay()).isEqualTo(Duration.ofMinutes(5));
	}

	@Test
	void worksAsAMetaAnnotation() {
		calls(SideEffects.class, SideEffects::meta);
		assertThat(commands()).containsExactly("SELECT meta()");
		assertThat(delay()).isEqualTo(Duration.ofSeconds(5));
	}

	@Test
	void worksOnAnInterfaceWithTheNamesOfItsParameters() {
		calls(Contract.class, ImplementsContract.class, (effects) -> effects.index(3));
		assertThat(commands()).containsExactly("SELECT index(('3'::integer))");
	}

	@Test
	void worksOnAnInterfaceThatIsProxied() {
		this.application = this.application.withPropertyValues("spring.aop.proxy-target-class=false");
		worksOnAnInterfaceWithTheNamesOfItsParameters();
	}

	@Test
	void worksOnPackagePrivateProtectedAndInheritedMethods() {
		calls(Inheriting.class, (effects) -> {
			effects.packagePrivate();
			effects.isProtected();
		});
		assertThat(commands()).containsExactly("SELECT package_private()", "SELECT is_protected()");
	}

	@Test
	void comesFirstAmongAllAdvice() {
		this.application.withBean(EverythingAtOnce.class)
			.withUserConfiguration(EverythingEnabled.class)
			.run((context) -> {
				Advised advised = (Advised) context.getBean(EverythingAtOnce.class);
				assertThat(advised.getAdvisors()).hasSizeGreaterThan(3);
				assertThat(advised.getAdvisors()[0].getAdvice()).isInstanceOf(AfterCommitDispatchInterceptor.class);
				transaction(context).executeWithoutResult((status) -> {
					context.getBean(EverythingAtOnce.class).call();
					assertThat(commands()).isEmpty();
				});
				assertThat(commands()).containsExactly("SELECT everything()");
			});
	}

	@Test
	void joinsTheTransactionOfATransactionalCaller() {
		this.application.withBean(SideEffects.class).withBean(Service.class).run((context) -> {
			context.getBean(Service.class).signUp();
			assertThat(commands()).containsExactly("SELECT refresh(('1'::bigint))");
		});
	}

	private <T> void calls(Class<T> type, Consumer<T> call) {
		calls(type, type, call);
	}

	private <T> void calls(Class<T> type, Class<? extends T> beanType, Consumer<T> call) {
		this.application.withBean(beanType).run((context) -> {
			T bean = context.getBean(type);
			transaction(context).executeWithoutResult((status) -> call.accept(bean));
		});
	}

	private static TransactionTemplate transaction(AssertableApplicationContext context) {
		return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
	}

	private List<String> commands() {
		return this.jdbc.sql("SELECT command FROM pgdispatch.job ORDER BY id").query(String.class).list();
	}

	private Duration delay() {
		return Duration
			.ofSeconds(this.jdbc.sql("SELECT extract(epoch FROM due_at - dispatched_at)::int FROM pgdispatch.job")
				.query(Integer.class)
				.single());
	}

	record User(long id, String name) {

	}

	static class SideEffects {

		@AfterCommitDispatch("SELECT refresh(:id)")
		public void refresh(long id) {
			throw new AssertionError("The body ran");
		}

		@AfterCommitDispatch(command = "SELECT welcome(:user.id, :user.name)")
		void welcome(User user) {
		}

		@AfterCommitDispatch("SELECT greet(:name)")
		void greet(String name) {
		}

		@AfterCommitDispatch(value = "SELECT 1", name = "refresh statistics")
		void named() {
		}

		@AfterCommitDispatch(value = "SELECT 1", delay = "20s")
		void seconds() {
		}

		@AfterCommitDispatch(value = "SELECT 1", delay = "PT1H30M")
		void iso() {
		}

		@AfterCommitDispatch(value = "SELECT 1", delay = "${reminder.delay}")
		void placeholder() {
		}

		@AfterCommitDispatch(value = "SELECT 1", delay = "#{#unit.multipliedBy(#times)}")
		void expression(int times, Duration unit) {
		}

		@AfterCommitDispatch(value = "SELECT 1", delay = "#{#minutes}m")
		void template(int minutes) {
		}

		@FiveSecondsLater("SELECT meta()")
		void meta() {
		}

		@AfterCommitDispatch("SELECT package_private()")
		void packagePrivate() {
		}

		@AfterCommitDispatch("SELECT is_protected()")
		protected void isProtected() {
		}

	}

	static class Inheriting extends SideEffects {

	}

	interface Contract {

		@AfterCommitDispatch("SELECT index(:number)")
		void index(int number);

	}

	static class ImplementsContract implements Contract {

		@Override
		public void index(int anotherName) {
		}

	}

	@AfterCommitDispatch(delay = "5s")
	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@interface FiveSecondsLater {

		@AliasFor(annotation = AfterCommitDispatch.class, attribute = "command")
		String value();

	}

	static class Service {

		private final SideEffects sideEffects;

		Service(SideEffects sideEffects) {
			this.sideEffects = sideEffects;
		}

		@Transactional
		void signUp() {
			this.sideEffects.refresh(1);
		}

	}

	static class EverythingAtOnce {

		@Async
		@Retryable
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@AfterCommitDispatch("SELECT everything()")
		void call() {
			throw new AssertionError("The body ran");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	@EnableResilientMethods
	static class EverythingEnabled {

	}

}
