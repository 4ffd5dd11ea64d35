package io.github.pgdispatch.annotation;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

@PostgresTest
class DispatchPropagatorTests {

	private final List<String> events = new CopyOnWriteArrayList<>();

	private final HandlerNodes nodes;

	DispatchPropagatorTests(TestDatabase database) {
		this.nodes = new HandlerNodes(database);
	}

	@Test
	void headersComeAlongAndAreRestoredAroundTheBody() {
		node(new Tenant("one", this.events, "ä\"\\ "), new Tenant("two", this.events, "")).run((context) -> {
			context.getBean(Body.class).call(null);
			await().until(this.nodes::isIdle);
			assertThat(this.events).containsExactly("open one=ä\"\\ ", "open two=", "body {one=ä\"\\ , two=}",
					"close two", "close one");
		});
	}

	@Test
	void deadLettersOfSqlHaveThem() {
		node(new Tenant("tenant", this.events, "a")).run((context) -> {
			PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
			template.fire("SELECT 1/0");
			template.fireAll("SELECT 1/:zero", List.of(Map.of("zero", 0)));
			template.dispatch(Dispatch.sql("SELECT 1/0").key("key"));
			PgDispatchOperations operations = context.getBean(PgDispatchOperations.class);
			await().until(() -> operations.deadLetters(DeadLetterFilter.all()).size() == 3);
			assertThat(operations.deadLetters(DeadLetterFilter.all())).extracting(DeadLetter::headers)
				.containsOnly(Map.of("tenant", "a"));
			assertThat(this.events).isEmpty();
			operations.delete(DeadLetterFilter.all());
		});
	}

	@Test
	void nothingComesAlongByItself() {
		node().run((context) -> {
			MDC.put("user", "alice");
			try {
				context.getBean(Body.class).call(null);
			}
			finally {
				MDC.clear();
			}
			await().until(this.nodes::isIdle);
			assertThat(this.events).containsExactly("body {}");
			assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
		});
	}

	@Test
	void headersOfSqlAreTakenAsTheyAre() {
		node().run((context) -> {
			this.nodes.jdbc()
				.sql("SELECT pgdispatch.dispatch_handler('body.call', headers => ?::json)")
				.param("{\"text\": \"\\u0000\", \"number\": 1, \"object\": {\"a\": [null]}, \"none\": null}")
				.query()
				.singleValue();
			this.nodes.jdbc()
				.sql("SELECT pgdispatch.dispatch_handler('body.call', headers => '[1]')")
				.query()
				.singleValue();
			await().until(this.nodes::isIdle);
			assertThat(this.events)
				.containsExactlyInAnyOrder("body {none=null, number=1, object={\"a\":[null]}, text=\0}", "body {}");
		});
	}

	@Test
	void dispatchFailsIfAHeaderCannotBeStored() {
		node(new Tenant("tenant", this.events, "\0")).run((context) -> {
			assertThatIllegalArgumentException().isThrownBy(() -> context.getBean(Body.class).call(null))
				.withMessageContaining("'tenant'");
			assertThat(this.nodes.isIdle()).isTrue();
		});
	}

	@Test
	void scopesAreClosedIfAnotherCannotBeOpened() {
		DispatchPropagator failing = new DispatchPropagator() {

			@Override
			public void inject(Map<String, String> headers) {
			}

			@Override
			public Scope extract(DispatchContext context) {
				throw new IllegalStateException("no scope");
			}

		};
		DispatchPropagator both = DispatchPropagator.of(List.of(new Tenant("one", this.events, ""), failing));
		DispatchContext context = new TestDispatchContext(1, Map.of("one", ""), new JsonMapper());
		assertThatIllegalStateException().isThrownBy(() -> both.extract(context)).withMessage("no scope");
		assertThat(this.events).containsExactly("open one=", "close one");
	}

	private ApplicationContextRunner node(DispatchPropagator... propagators) {
		ApplicationContextRunner node = this.nodes.node().withBean("body", Body.class, () -> new Body(this.events));
		int number = 0;
		for (DispatchPropagator propagator : propagators) {
			node = node.withBean("propagator" + number++, DispatchPropagator.class, () -> propagator);
		}
		return node;
	}

	static class Body {

		private final List<String> events;

		Body(List<String> events) {
			this.events = events;
		}

		@AfterCommitDispatch
		void call(DispatchContext context) {
			assertThat(MDC.get("user")).isNull();
			this.events.add("body " + new TreeMap<>(context.headers()));
		}

	}

	private record Tenant(String header, List<String> events, String value) implements DispatchPropagator {

		@Override
		public void inject(Map<String, String> headers) {
			headers.put(this.header, this.value);
		}

		@Override
		public Scope extract(DispatchContext context) {
			this.events.add("open " + this.header + "=" + context.headers().get(this.header));
			return () -> this.events.add("close " + this.header);
		}

	}

}
