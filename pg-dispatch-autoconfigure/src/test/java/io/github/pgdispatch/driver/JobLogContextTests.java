package io.github.pgdispatch.driver;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;
import static org.awaitility.Awaitility.await;

/**
 * While a method runs, all log lines of its thread can tell its job.
 */
@PostgresTest
class JobLogContextTests {

	@Test
	void methodHasItsJobInTheMdcAndNothingIsLeftAfterwards(TestDatabase database) {
		database.install("app");
		try (HandlerNode node = HandlerNode.start(database, Application.class, "pgdispatch.retry.max-attempts=2",
				"pgdispatch.retry.back-off=10ms")) {
			long id = database.jdbc("app")
				.sql("SELECT pgdispatch.dispatch_handler('logging')")
				.query(Long.class)
				.single();
			Methods methods = node.bean(Methods.class);
			await().until(() -> methods.during().size() == 2 && methods.after().size() == 2);
			assertThat(methods.during()).containsExactly(mdc(id, 1), mdc(id, 2));
			assertThat(methods.after()).allSatisfy((mdc) -> assertThat(mdc).isNullOrEmpty());
		}
	}

	@Test
	void methodHasItsQueueInTheMdc(TestDatabase database) {
		database.install("app");
		try (HandlerNode node = HandlerNode.start(database, Application.class)) {
			database.jdbc("app")
				.sql("SELECT pgdispatch.set_queue('mails'), pgdispatch.dispatch_handler('logging', queue => 'mails')")
				.query()
				.singleRow();
			await().untilAsserted(() -> assertThat(node.bean(Methods.class).during()).first(MAP)
				.containsEntry("pgdispatch.job.queue", "mails"));
		}
	}

	private static Map<String, String> mdc(long id, int attempt) {
		return Map.of("pgdispatch.job.id", String.valueOf(id), "pgdispatch.job.handler", "logging",
				"pgdispatch.job.attempt", String.valueOf(attempt));
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Methods methods() {
			return new Methods();
		}

		/**
		 * Its scope is closed after the method, on the same thread.
		 */
		@Bean
		DispatchPropagator after(Methods methods) {
			return new DispatchPropagator() {

				@Override
				public void inject(Map<String, String> headers) {
				}

				@Override
				public Scope extract(DispatchContext context) {
					return () -> methods.after().add(MDC.getCopyOfContextMap());
				}

			};
		}

	}

	static class Methods {

		private final List<@Nullable Map<String, String>> during = new CopyOnWriteArrayList<>();

		private final List<@Nullable Map<String, String>> after = new CopyOnWriteArrayList<>();

		List<@Nullable Map<String, String>> during() {
			return this.during;
		}

		List<@Nullable Map<String, String>> after() {
			return this.after;
		}

		@AfterCommitDispatch(name = "logging")
		void logging(DispatchContext context) {
			this.during.add(MDC.getCopyOfContextMap());
			if (context.attempt() == 1) {
				throw new IllegalStateException();
			}
		}

	}

}
