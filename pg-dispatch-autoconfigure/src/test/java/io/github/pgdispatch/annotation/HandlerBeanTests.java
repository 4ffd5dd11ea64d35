package io.github.pgdispatch.annotation;

import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Async;
import org.springframework.test.util.AopTestUtils;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the beans whose methods are handlers: which may be, which run, and what they
 * share with their job.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class HandlerBeanTests {

	private static final Queue<Object> runs = new ConcurrentLinkedQueue<>();

	private static final AtomicInteger created = new AtomicInteger();

	private HandlerNodes nodes;

	@BeforeEach
	void start(TestDatabase database) {
		runs.clear();
		created.set(0);
		this.nodes = new HandlerNodes(database);
	}

	@Test
	void oneOfTwoBeansOfAClassHasToBePrimary() {
		assertRefused(this.nodes.node().withBean("one", Counted.class).withBean("two", Counted.class),
				"The beans [one, two] could all run a job of this method. Make one of them @Primary");
		this.nodes.node()
			.withBean("one", Counted.class)
			.withBean("two", Counted.class, Counted::new, (definition) -> definition.setPrimary(true))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				context.getBean("one", Counted.class).call();
				await().until(this.nodes::isIdle);
				assertThat(runs).containsExactly(target(context.getBean("two")));
			});
	}

	@Test
	void twoHandlersOfOneNameAreRefused() {
		assertRefused(this.nodes.node().withBean(OneName.class).withBean(SameName.class),
				"Two methods have the handler name 'same': ", "OneName.one()", "SameName.two()");
	}

	/**
	 * The documentation has this rule, since names of handlers are stored with jobs.
	 */
	@Test
	void nameOfAHandlerBeginsWithThatOfItsBeanUnlessTheAnnotationHasOne() {
		String imported = Imported.class.getName();
		this.nodes.node()
			.withUserConfiguration(Importing.class)
			.run((context) -> assertThat(context.getBean(HandlerMethods.class).handlers().names())
				.containsExactlyInAnyOrder(imported + ".call", "stable.name", "ofMethod.call"));
	}

	@Test
	void asynchronousHandlerIsRefused() {
		assertRefused(this.nodes.node().withBean(Asynchronous.class), "must not be @Async", "Asynchronous.call()");
		assertRefused(this.nodes.node().withBean(AsynchronousClass.class), "must not be @Async");
	}

	@Test
	void whatIsForBodiesIsRefusedWithSql() {
		assertRefused(this.nodes.node().withBean(ConcurrentSql.class), "for methods without SQL",
				"ConcurrentSql.call()");
	}

	private static void assertRefused(ApplicationContextRunner application, String... reasons) {
		application.run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
				assertThat(ex.getDescription()).contains(reasons);
				assertThat(ex.getAction()).isNotBlank();
			}));
	}

	@Test
	void eachJobHasAPrototypeOfItsOwn() {
		this.nodes.node()
			.withBean("counted", Counted.class, Counted::new, (definition) -> definition.setScope("prototype"))
			.run((context) -> {
				Counted counted = context.getBean(Counted.class);
				counted.call();
				counted.call();
				await().until(this.nodes::isIdle);
				assertThat(runs).hasSize(2).doesNotHaveDuplicates().doesNotContain(target(counted));
			});
	}

	@Test
	void lazyBeanIsCreatedByItsFirstJob() {
		this.nodes.node()
			.withBean("counted", Counted.class, Counted::new, (definition) -> definition.setLazyInit(true))
			.run((context) -> {
				assertThat(created).hasValue(0);
				this.nodes.dispatch("counted.call", "{}");
				await().until(this.nodes::isIdle);
				this.nodes.dispatch("counted.call", "{}");
				await().until(this.nodes::isIdle);
				assertThat(created).hasValue(1);
				assertThat(Set.copyOf(runs)).containsExactly(target(context.getBean(Counted.class)));
			});
	}

	/**
	 * Until then, its class is not known, nor that its method is transactional.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "singleton", "prototype" })
	void lazyBeanOfAnInterfaceRunsItsJobAndSharesItsTransaction(String scope) {
		this.nodes.node().withBean("greeter", Greeter.class, () -> new PoliteGreeter(this.nodes), (definition) -> {
			definition.setLazyInit(true);
			definition.setScope(scope);
		}).run((context) -> {
			this.nodes.dispatch("greeter.greet", "{\"name\": \"Ada\"}");
			await().until(() -> runs.size() == 1);
			context.getBean(Greeter.class).greet("Grace");
			await().until(() -> runs.size() == 2);
			assertThat(runs).containsExactly("Ada and the job is gone", "Grace and the job is gone");
			assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
		});
	}

	private static Object target(Object bean) {
		return AopTestUtils.getTargetObject(bean);
	}

	@Test
	void effectOfAJobThatIsGoneIsRolledBack(CapturedOutput output) {
		assertRolledBack("DELETE FROM pgdispatch.handler_job", output);
		assertThat(effects()).isEmpty();
		assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
	}

	@Test
	void effectOfAJobThatWasTakenOverIsRolledBackAndThatOfItsHeirIsThere(CapturedOutput output) {
		assertRolledBack("UPDATE pgdispatch.handler_job SET claimed_by = gen_random_uuid()", output);
		assertThat(effects()).containsExactly("attempt 2");
		assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
	}

	private void assertRolledBack(String meanwhile, CapturedOutput output) {
		Gate gate = new Gate(new CountDownLatch(1));
		this.nodes.node().withBean(Gate.class, () -> gate).withBean("recorder", Recorder.class).run((context) -> {
			this.nodes.jdbc().sql("CREATE TABLE effect (name text)").update();
			Recorder recorder = context.getBean(Recorder.class);
			recorder.record(new TestDispatchContext());
			await().until(() -> runs.contains(1));
			assertThat(this.nodes.jdbc().sql(meanwhile).update()).isOne();
			gate.open().countDown();
			await().until(() -> output.getAll().contains("so that its transaction is rolled back"));
			await().until(this.nodes::isIdle);
			await().until(() -> this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.node)"));
		});
	}

	private List<String> effects() {
		return this.nodes.jdbc().sql("SELECT name FROM effect").query(String.class).list();
	}

	/**
	 * With slow jobs, and one of them at a time, there is room for a single one whenever
	 * a node claims.
	 */
	@Test
	void floodOfOneHandlerDoesNotKeepAnotherWaiting() {
		this.nodes.node()
			.withPropertyValues("pgdispatch.worker.concurrency=1")
			.withBean("flood", Flood.class)
			.withBean("trickle", Trickle.class)
			.run((context) -> {
				this.nodes.jdbc()
					.sql("SELECT pgdispatch.dispatch_handler('flood.call') FROM generate_series(1, 30)")
					.query()
					.listOfRows();
				Trickle trickle = context.getBean(Trickle.class);
				for (int i = 0; i < 3; i++) {
					trickle.call();
				}
				await().until(this.nodes::isIdle);
				assertThat(List.copyOf(runs).lastIndexOf("trickle")).isLessThan(20);
			});
	}

	static class Counted {

		Counted() {
			created.incrementAndGet();
		}

		@AfterCommitDispatch
		void call() {
			runs.add(this);
		}

	}

	interface Greeter {

		@AfterCommitDispatch
		void greet(String name);

	}

	static class PoliteGreeter implements Greeter {

		private final HandlerNodes nodes;

		PoliteGreeter(HandlerNodes nodes) {
			this.nodes = nodes;
		}

		@Override
		@Transactional
		public void greet(String name) {
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCommit() {
					runs.add(name + (PoliteGreeter.this.nodes.isIdle() ? " and the job is gone" : ""));
				}

			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Imported.class)
	static class Importing {

		@Bean
		Counted ofMethod() {
			return new Counted();
		}

	}

	static class Imported {

		@AfterCommitDispatch
		void call() {
		}

		@AfterCommitDispatch(name = "stable.name")
		void named() {
		}

	}

	static class OneName {

		@AfterCommitDispatch(name = "same")
		void one() {
		}

	}

	static class SameName {

		@AfterCommitDispatch(name = "same")
		void two() {
		}

	}

	static class Asynchronous {

		@Async
		@AfterCommitDispatch
		void call() {
		}

	}

	@Async
	static class AsynchronousClass {

		@AfterCommitDispatch
		void call() {
		}

	}

	static class ConcurrentSql {

		@AfterCommitDispatch(command = "SELECT 1", concurrency = 2)
		void call() {
		}

	}

	record Gate(CountDownLatch open) {

	}

	@Transactional
	static class Recorder {

		private final JdbcClient jdbc;

		private final Gate gate;

		Recorder(JdbcClient jdbc, Gate gate) {
			this.jdbc = jdbc;
			this.gate = gate;
		}

		@AfterCommitDispatch
		void record(DispatchContext context) throws InterruptedException {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param("attempt " + context.attempt()).update();
			runs.add(context.attempt());
			assertThat(this.gate.open().await(20, TimeUnit.SECONDS)).isTrue();
		}

	}

	static class Flood {

		@AfterCommitDispatch
		void call() throws InterruptedException {
			runs.add("flood");
			Thread.sleep(60);
		}

	}

	static class Trickle {

		@AfterCommitDispatch
		void call() throws InterruptedException {
			runs.add("trickle");
			Thread.sleep(60);
		}

	}

}
