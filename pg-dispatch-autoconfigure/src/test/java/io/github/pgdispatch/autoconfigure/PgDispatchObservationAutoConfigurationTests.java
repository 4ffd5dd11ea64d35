package io.github.pgdispatch.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchObserver;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.observability.DefaultDispatchObservationConvention;
import io.github.pgdispatch.observability.DefaultProcessObservationConvention;
import io.github.pgdispatch.observability.DispatchObservationContext;
import io.github.pgdispatch.observability.ObservationDriverListener;
import io.github.pgdispatch.observability.PgDispatchObservation;
import io.github.pgdispatch.observability.ProcessObservationContext;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.micrometer.common.KeyValue;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.GlobalObservationConvention;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PgDispatchObservationAutoConfiguration}.
 */
@PostgresTest
class PgDispatchObservationAutoConfigurationTests {

	private final Stopped stopped = new Stopped();

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(TransactionAutoConfiguration.class,
					PgDispatchAutoConfiguration.class, PgDispatchObservationAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.driver=application",
					"pgdispatch.transaction=supports", "pgdispatch.retry.max-attempts=1")
			.withBean(Stopped.class, () -> this.stopped);
	}

	private ApplicationContextRunner observed() {
		return this.application
			.withConfiguration(
					AutoConfigurations.of(ObservationAutoConfiguration.class, MicrometerTracingAutoConfiguration.class))
			.withBean("mails", Mails.class);
	}

	@Test
	void applicationWithoutMicrometerDispatches() {
		this.application.withClassLoader(new FilteredClassLoader("io.micrometer")).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(DispatchObserver.class);
			context.getBean(PgDispatchTemplate.class).fire("SELECT 1");
			assertThat(context).hasSingleBean(HandlerDriver.class);
		});
	}

	@Test
	void withoutARegistryNothingIsObserved() {
		this.application.withBean("mails", Mails.class).run((context) -> {
			assertThat(context).doesNotHaveBean(DispatchObserver.class)
				.doesNotHaveBean(ObservationDriverListener.class);
			runJob(context.getBean(Mails.class));
		});
	}

	private static void runJob(Mails mails) {
		mails.send();
		await().until(() -> mails.sent().size() == 1);
	}

	@Test
	void observationsHaveTheirDocumentedKeyValues() {
		observed().run((context) -> {
			runJob(context.getBean(Mails.class));
			assertKeys(PgDispatchObservation.DISPATCH, this.stopped.await(DispatchObservationContext.class));
			assertKeys(PgDispatchObservation.PROCESS, this.stopped.await(ProcessObservationContext.class));
		});
	}

	private static void assertKeys(PgDispatchObservation documented, Observation.Context context) {
		assertThat(context.getName()).isEqualTo(documented.getName());
		assertThat(context.getLowCardinalityKeyValues()).extracting(KeyValue::getKey)
			.containsExactlyInAnyOrderElementsOf(names(documented.getLowCardinalityKeyNames()));
		assertThat(context.getHighCardinalityKeyValues()).extracting(KeyValue::getKey)
			.containsExactlyInAnyOrderElementsOf(names(documented.getHighCardinalityKeyNames()));
	}

	private static List<String> names(KeyName[] keys) {
		return Stream.of(keys).map(KeyName::asString).toList();
	}

	@Test
	void pageNamesEveryObservationAndItsKeyValues() throws IOException {
		List<String> lines = Files.readAllLines(Path.of("..", "docs", "traces.md"));
		for (PgDispatchObservation observation : PgDispatchObservation.values()) {
			assertThat(lines).filteredOn((line) -> line.startsWith("| `" + observation.getName() + "` | "))
				.singleElement()
				.asString()
				.contains(" | " + code(observation.getLowCardinalityKeyNames()) + " | "
						+ code(observation.getHighCardinalityKeyNames()) + " | ");
		}
	}

	private static String code(KeyName[] keys) {
		return String.join(", ", names(keys).stream().map((name) -> "`" + name + "`").toList());
	}

	@Test
	void conventionsCanBeReplaced() {
		observed().withBean(OwnDispatchConvention.class).withBean(OwnProcessConvention.class).run((context) -> {
			runJob(context.getBean(Mails.class));
			assertThat(this.stopped.await(DispatchObservationContext.class).getName()).isEqualTo("own.dispatch");
			assertThat(this.stopped.await(ProcessObservationContext.class).getName()).isEqualTo("own.process");
		});
	}

	@Test
	void conventionOfTheRegistryIsUsed() {
		observed().withBean(GlobalProcessConvention.class).run((context) -> {
			runJob(context.getBean(Mails.class));
			assertThat(this.stopped.await(ProcessObservationContext.class).getName()).isEqualTo("global.process");
		});
	}

	@Test
	void springBootSwitchesObservationsOff() {
		observed().withPropertyValues("management.observations.enable.pgdispatch=false").run((context) -> {
			runJob(context.getBean(Mails.class));
			context.getSourceApplicationContext().stop();
			assertThat(this.stopped.contexts()).isEmpty();
		});
	}

	@Test
	void handlerOfAllOtherReceiversIsKept() {
		observed().withBean(Tracer.class, () -> Tracer.NOOP)
			.withBean(Propagator.class, () -> Propagator.NOOP)
			.run((context) -> assertThat(context).hasBean("pgDispatchReceiverObservationHandler")
				.hasBean("propagatingReceiverTracingObservationHandler"));
	}

	@Test
	void observationsNeedNoTraces() {
		this.application.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader("io.micrometer.tracing"))
			.run((context) -> assertThat(context).hasSingleBean(ObservationDriverListener.class)
				.doesNotHaveBean("pgDispatchReceiverObservationHandler"));
	}

	static class Mails {

		private final List<String> sent = new CopyOnWriteArrayList<>();

		List<String> sent() {
			return this.sent;
		}

		@AfterCommitDispatch
		void send() {
			this.sent.add("mail");
		}

	}

	/**
	 * Keeps the contexts of observations that have ended.
	 */
	static final class Stopped implements ObservationHandler<Observation.Context> {

		private final List<Observation.Context> contexts = new CopyOnWriteArrayList<>();

		@Override
		public void onStop(Observation.Context context) {
			this.contexts.add(context);
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

		List<Observation.Context> contexts() {
			return this.contexts;
		}

		<T extends Observation.Context> T await(Class<T> type) {
			return type.cast(org.awaitility.Awaitility.await()
				.until(() -> this.contexts.stream().filter(type::isInstance).findFirst().orElse(null),
						(context) -> context != null));
		}

	}

	static class OwnDispatchConvention extends DefaultDispatchObservationConvention {

		@Override
		public String getName() {
			return "own.dispatch";
		}

	}

	static class OwnProcessConvention extends DefaultProcessObservationConvention {

		@Override
		public String getName() {
			return "own.process";
		}

	}

	static class GlobalProcessConvention implements GlobalObservationConvention<ProcessObservationContext> {

		@Override
		public boolean supportsContext(Observation.Context context) {
			return context instanceof ProcessObservationContext;
		}

		@Override
		public String getName() {
			return "global.process";
		}

	}

}
