package io.github.pgdispatch.modulith;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

import io.github.pgdispatch.autoconfigure.PgDispatchObservationAutoConfiguration;
import io.github.pgdispatch.modulith.Shop.Broker;
import io.github.pgdispatch.modulith.Shop.OrderPlaced;
import io.github.pgdispatch.modulith.Shop.OrderShipped;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration;
import org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.EventExternalized;
import org.springframework.modulith.events.RoutingTarget;
import org.springframework.modulith.events.support.EventExternalizationTransport;
import org.springframework.modulith.events.support.OutboxEventExternalizer;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;
import org.springframework.transaction.IllegalTransactionStateException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an event is a row of the transaction that publishes it, and is sent after
 * the commit.
 */
@PostgresTest
class OutboxTests {

	private static final OrderPlaced ORDER = new OrderPlaced("Ada", 1);

	private static final AtomicBoolean initialized = new AtomicBoolean();

	private TestDatabase database;

	private HandlerNode node;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
	}

	@AfterEach
	void close() {
		if (this.node != null) {
			this.node.close();
		}
	}

	private Broker start(Class<?> application, String... properties) {
		String[] all = new String[properties.length + 1];
		System.arraycopy(properties, 0, all, 1, properties.length);
		all[0] = "spring.modulith.events.externalization.mode=outbox";
		this.node = HandlerNode.start(this.database, application, all);
		return this.node.bean(Broker.class);
	}

	private void publish(Object... events) {
		this.node.transaction().executeWithoutResult((status) -> publishNow(events));
	}

	private void publishNow(Object... events) {
		for (Object event : events) {
			this.node.bean(Shop.class).publish(event);
		}
	}

	private int jobs() {
		return this.node.jdbc().sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single();
	}

	private List<String> deadLetters() {
		return this.node.jdbc().sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).list();
	}

	@Test
	void eventIsOneRowOfItsTransactionAndIsSentAfterTheCommit() {
		Broker broker = start(Listening.class);
		this.node.transaction().executeWithoutResult((status) -> {
			publishNow(ORDER);
			assertThat(jobs()).isOne();
			assertThat(broker.sent()).isEmpty();
		});
		await().until(() -> broker.sent().equals(List.of(ORDER)));
		await().until(() -> this.node.bean(Listening.class).externalized.isDone());
		await().until(() -> jobs() == 0);
	}

	@Test
	void eventOfARolledBackTransactionIsNotSent() {
		Broker broker = start(Shop.class);
		this.node.transaction().executeWithoutResult((status) -> {
			publishNow(ORDER);
			status.setRollbackOnly();
		});
		OrderPlaced later = new OrderPlaced("Ada", 2);
		publish(later);
		await().until(() -> !broker.sent().isEmpty());
		assertThat(broker.sent()).containsExactly(later);
	}

	@Test
	void eventNeedsATransaction() {
		start(Shop.class);
		assertThatExceptionOfType(IllegalTransactionStateException.class).isThrownBy(() -> publishNow(ORDER));
	}

	@Test
	void failedEventIsSentAgainAndBecomesADeadLetterAfterItsLastAttempt() {
		Broker broker = start(Shop.class, "pgdispatch.retry.max-attempts=2", "pgdispatch.retry.back-off=1ms");
		broker.fail(1);
		publish(ORDER);
		await().until(() -> broker.sent().equals(List.of(ORDER)));
		broker.fail(2);
		publish(ORDER);
		await().until(() -> !deadLetters().isEmpty());
		assertThat(deadLetters()).singleElement().asString().contains("The broker is down");
		this.node.jdbc().sql("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter").query().listOfRows();
		await().until(() -> broker.sent().equals(List.of(ORDER, ORDER)));
	}

	@Test
	void eventsOfARoutingKeyAreSentInOrderEvenIfTheFirstOneFails() {
		Broker broker = start(Shop.class, "pgdispatch.modulith.in-order=true", "pgdispatch.retry.max-attempts=5",
				"pgdispatch.retry.back-off=200ms");
		broker.fail(1);
		List<OrderPlaced> ofAda = orders("Ada");
		ofAda.forEach(this::publish);
		List<OrderPlaced> ofGrace = orders("Grace");
		publish(ofGrace.toArray());
		await().until(() -> broker.sent().size() == ofAda.size() + ofGrace.size());
		assertThat(broker.sent()).filteredOn(ofAda::contains).isEqualTo(ofAda);
		assertThat(broker.sent()).filteredOn(ofGrace::contains).isEqualTo(ofGrace);
	}

	private static List<OrderPlaced> orders(String customer) {
		return IntStream.range(0, 5).mapToObj((number) -> new OrderPlaced(customer, number)).toList();
	}

	@Test
	void eachTransportSendsTheEventAndFailsAlone() {
		Broker broker = start(TwoTransports.class, "pgdispatch.retry.max-attempts=2", "pgdispatch.retry.back-off=1ms");
		OtherBroker other = this.node.bean(OtherBroker.class);
		broker.fail(2);
		publish(ORDER);
		await().until(() -> other.sent().equals(List.of(ORDER)));
		await().until(() -> !deadLetters().isEmpty());
		assertThat(broker.sent()).isEmpty();
		assertThat(this.node.jdbc()
			.sql("SELECT arguments ->> 'transport' FROM pgdispatch.dead_letter")
			.query(String.class)
			.list()).containsExactly(Broker.class.getName());
		assertThat(other.sent()).hasSize(1);
	}

	@Test
	void transportRunsInTheTraceOfThePublisher() {
		start(Traced.class, "management.tracing.sampling.probability=1");
		Tracer tracer = this.node.bean(Tracer.class);
		Span request = tracer.nextSpan().start();
		try (Tracer.SpanInScope scope = tracer.withSpan(request)) {
			publish(ORDER);
		}
		await().until(() -> this.node.bean(Traced.class).trace.isDone());
		assertThat(this.node.bean(Traced.class).trace).isCompletedWithValue(request.context().traceId());
	}

	@Test
	void jobThatNamesAnotherClassIsADeadLetterAndNothingOfTheClassRuns() {
		Broker broker = start(Shop.class, "pgdispatch.retry.max-attempts=5");
		dispatch(Broker.class.getName(), Trap.class.getName());
		await().until(() -> !deadLetters().isEmpty());
		assertThat(deadLetters()).singleElement()
			.asString()
			.contains("Trap, which is not declared to be externalized", "pgdispatch.modulith.event-types");
		assertThat(initialized).isFalse();
		assertThat(broker.sent()).isEmpty();
	}

	@Test
	void eventThatDoesNotFitItsTypeIsNotShown() {
		start(Shop.class);
		dispatch(Broker.class.getName(), OrderPlaced.class.getName(), "{\"number\": \"secret\"}");
		await().until(() -> !deadLetters().isEmpty());
		assertThat(deadLetters()).singleElement()
			.asString()
			.contains("does not fit", "OrderPlaced[\"number\"]")
			.doesNotContain("secret");
	}

	@Test
	void jobOfAnUnknownTransportSaysWhichOnesThereAre() {
		start(Shop.class);
		dispatch("com.example.Pigeons", OrderPlaced.class.getName());
		await().until(() -> !deadLetters().isEmpty());
		assertThat(deadLetters()).singleElement()
			.asString()
			.contains("no transport 'com.example.Pigeons'", Broker.class.getName());
	}

	private void dispatch(String transport, String type) {
		dispatch(transport, type, "{\"customer\": \"Ada\", \"number\": 1}");
	}

	private void dispatch(String transport, String type, String event) {
		this.node.jdbc()
			.sql("SELECT pgdispatch.dispatch_handler('externalizedEvents.send', json_build_object("
					+ "'transport', :transport, 'type', :type, 'event', :event))")
			.param("transport", transport)
			.param("type", type)
			.param("event", event)
			.query()
			.listOfRows();
	}

	@Test
	void typeWithoutAnAnnotationHasToBeDeclared() {
		start(EverythingIsExternalized.class);
		assertThatIllegalArgumentException().isThrownBy(() -> publish(new OrderShipped(1)))
			.withMessageContaining("OrderShipped")
			.withMessageContaining("pgdispatch.modulith.event-types");
		this.node.close();
		Broker broker = start(EverythingIsExternalized.class,
				"pgdispatch.modulith.event-types=" + OrderShipped.class.getName());
		publish(new OrderShipped(1));
		await().until(() -> broker.sent().equals(List.of(new OrderShipped(1))));
	}

	static class Trap {

		static {
			initialized.set(true);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.class)
	static class Listening {

		private final CompletableFuture<Object> externalized = new CompletableFuture<>();

		@EventListener
		void on(EventExternalized<?, ?> event) {
			this.externalized.complete(event.getEvent());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.class)
	static class EverythingIsExternalized {

		@Bean
		EventExternalizationConfiguration eventExternalizationConfiguration() {
			return EventExternalizationConfiguration.externalizing()
				.select((event) -> event instanceof OrderShipped)
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.class)
	static class TwoTransports {

		@Bean
		OtherBroker otherBroker(OutboxEventExternalizerFactory factory) {
			OtherBroker broker = new OtherBroker(new Broker());
			factory.forTransport(broker);
			return broker;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ObservationAutoConfiguration.class, MicrometerTracingAutoConfiguration.class,
			OpenTelemetrySdkAutoConfiguration.class, OpenTelemetryTracingAutoConfiguration.class,
			PgDispatchObservationAutoConfiguration.class })
	@Import(Shop.class)
	static class Traced {

		private final CompletableFuture<String> trace = new CompletableFuture<>();

		@Bean
		OutboxEventExternalizer traced(OutboxEventExternalizerFactory factory, Tracer tracer) {
			return factory.forTransport((event, target) -> {
				Span span = tracer.currentSpan();
				this.trace.complete((span != null) ? span.context().traceId() : "none");
				return this.trace;
			});
		}

	}

	record OtherBroker(Broker broker) implements EventExternalizationTransport {

		List<Object> sent() {
			return this.broker.sent();
		}

		@Override
		public CompletableFuture<?> externalize(Object payload, RoutingTarget target) {
			return this.broker.externalize(payload, target);
		}

	}

}
