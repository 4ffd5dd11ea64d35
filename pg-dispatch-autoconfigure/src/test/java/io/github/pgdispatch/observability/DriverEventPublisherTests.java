package io.github.pgdispatch.observability;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DriverEventPublisher}: an application learns of events with
 * {@code @EventListener}, and its listeners harm neither jobs nor drivers.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class DriverEventPublisherTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
	}

	@Test
	void applicationIsToldInOrderOnAThreadOfItsOwn() {
		try (HandlerNode node = node()) {
			long id = dispatch("failing");
			Listeners listeners = node.bean(Listeners.class);
			await().until(() -> listeners.told.size() == 2);
			String message = "java.lang.IllegalStateException: It cannot be done";
			assertThat(listeners.told).containsExactly(new AttemptFailedEvent(id, "failing", null, 1, null, message),
					new DeadLetterEvent(id, "failing", null, 2, null, message));
			assertThat(listeners.threads).allMatch((name) -> name.startsWith("pg-dispatch-"));
		}
	}

	@Test
	void listenerThatThrowsIsLoggedAndHarmsNothing(CapturedOutput output) {
		try (HandlerNode node = node()) {
			Listeners listeners = node.bean(Listeners.class);
			listeners.fail = true;
			dispatch("failing");
			await().until(() -> listeners.told.size() == 2);
			assertThat(count("pgdispatch.dead_letter")).isOne();
			dispatch("done");
			await().until(() -> count("pgdispatch.handler_job") == 0);
		}
		assertThat(output).contains("A listener of the application threw an exception when it was told DeadLetterEvent")
			.doesNotContain("secret");
	}

	@Test
	void slowListenerHoldsUpNoJob() {
		try (HandlerNode node = node("pgdispatch.worker.lease=1s")) {
			Listeners listeners = node.bean(Listeners.class);
			listeners.gate = new CountDownLatch(1);
			dispatch("failing");
			await().until(() -> listeners.waiting);
			for (int i = 0; i < 100; i++) {
				dispatch("done");
			}
			await().until(() -> count("pgdispatch.handler_job") == 0);
			assertThat(listeners.told).isEmpty();
			listeners.gate.countDown();
			await().until(() -> listeners.told.size() == 2);
		}
	}

	@Test
	void eventsArePublishedBeforeTheApplicationHasStopped() {
		Listeners listeners;
		HandlerNode node = node();
		try (node) {
			listeners = node.bean(Listeners.class);
			listeners.gate = new CountDownLatch(1);
			dispatch("failing");
			await().until(() -> listeners.waiting && count("pgdispatch.dead_letter") == 1);
			Thread stop = new Thread(node::close);
			stop.start();
			await().until(() -> count("pgdispatch.node") == 0);
			listeners.gate.countDown();
		}
		await().untilAsserted(() -> assertThat(listeners.told).hasSize(2));
		assertThat(listeners.afterDestruction).isFalse();
	}

	private HandlerNode node(String... properties) {
		String[] all = Stream
			.concat(Stream.of(properties),
					Stream.of("pgdispatch.retry.max-attempts=2", "pgdispatch.retry.back-off=10ms"))
			.toArray(String[]::new);
		return HandlerNode.start(this.database, Application.class, all);
	}

	private long dispatch(String handler) {
		return this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?, '{\"secret\": \"secret\"}')")
			.param(handler)
			.query(Long.class)
			.single();
	}

	private int count(String table) {
		return this.jdbc.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Methods methods() {
			return new Methods();
		}

		@Bean
		Listeners listeners() {
			return new Listeners();
		}

	}

	static class Methods {

		@AfterCommitDispatch(name = "failing")
		void failing(String secret) {
			throw new IllegalStateException("It cannot be done");
		}

		@AfterCommitDispatch(name = "done")
		void done(String secret) {
		}

	}

	static class Listeners implements AutoCloseable {

		private final List<Object> told = new CopyOnWriteArrayList<>();

		private final List<String> threads = new CopyOnWriteArrayList<>();

		private volatile CountDownLatch gate = new CountDownLatch(0);

		private volatile boolean waiting;

		private volatile boolean fail;

		private volatile boolean destroyed;

		private volatile boolean afterDestruction;

		@EventListener
		void on(AttemptFailedEvent event) throws InterruptedException {
			told(event);
		}

		@EventListener
		void on(DeadLetterEvent event) throws InterruptedException {
			told(event);
		}

		private void told(Object event) throws InterruptedException {
			this.waiting = true;
			assertThat(this.gate.await(1, TimeUnit.MINUTES)).isTrue();
			this.told.add(event);
			this.threads.add(Thread.currentThread().getName());
			this.afterDestruction |= this.destroyed;
			if (this.fail) {
				throw new IllegalStateException("listener");
			}
		}

		@Override
		public void close() {
			this.destroyed = true;
		}

	}

}
