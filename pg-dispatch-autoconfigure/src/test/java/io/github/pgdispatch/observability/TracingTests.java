package io.github.pgdispatch.observability;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import org.springframework.core.env.Environment;
import org.springframework.transaction.IllegalTransactionStateException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests the traces of jobs that one node dispatches and another one runs, with
 * OpenTelemetry.
 */
@PostgresTest
@TestInstance(Lifecycle.PER_CLASS)
class TracingTests {

	private final HandlerNode web;

	private final HandlerNode worker;

	TracingTests(TestDatabase database) {
		database.install("app");
		String sampled = "management.tracing.sampling.probability=1";
		this.web = HandlerNode.start(database, TracedApplication.class, sampled, "pgdispatch.worker.enabled=false",
				"spring.main.web-application-type=servlet", "server.port=0");
		this.worker = HandlerNode.start(database, TracedApplication.class, sampled);
	}

	@AfterAll
	void stop() {
		this.web.close();
		this.worker.close();
	}

	@Test
	void requestDispatchAndMethodOnAnotherNodeAreOneTrace() throws Exception {
		int port = this.web.bean(Environment.class).getRequiredProperty("local.server.port", Integer.class);
		HttpRequest post = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/mails"))
			.POST(HttpRequest.BodyPublishers.noBody())
			.build();
		assertThat(HttpClient.newHttpClient().send(post, HttpResponse.BodyHandlers.discarding()).statusCode())
			.isEqualTo(200);
		SpanData process = processed("traced.send", 1).get(0);
		SpanData dispatch = dispatched("traced.send").get(0);
		SpanData request = await().until(() -> spans(this.web), (spans) -> has(spans, SpanKind.SERVER))
			.stream()
			.filter((span) -> span.getKind() == SpanKind.SERVER)
			.findFirst()
			.orElseThrow();
		assertThat(List.of(request.getKind(), dispatch.getKind(), process.getKind())).containsExactly(SpanKind.SERVER,
				SpanKind.PRODUCER, SpanKind.CONSUMER);
		assertThat(dispatch.getParentSpanId()).isEqualTo(request.getSpanId());
		assertThat(process.getParentSpanId()).isEqualTo(dispatch.getSpanId());
		assertThat(List.of(request.getTraceId(), dispatch.getTraceId())).containsOnly(process.getTraceId());
		assertThat(dispatch.getName()).isEqualTo("dispatch traced.send");
		assertThat(process.getName()).isEqualTo("process traced.send");
		assertThat(attributes(dispatch)).isEqualTo(Map.of("handler", "traced.send", "label", "none", "queue", "none",
				"outcome", "done", "pgdispatch.job.id", "none"));
		assertThat(attributes(process)).containsEntry("handler", "traced.send")
			.containsEntry("queue", "none")
			.containsEntry("outcome", "done")
			.containsEntry("pgdispatch.job.attempt", "1")
			.containsKey("pgdispatch.job.id");
		assertThat(this.worker.bean(TracedMethods.class).logged())
			.anySatisfy((mdc) -> assertThat(mdc).containsEntry("traceId", process.getTraceId())
				.containsEntry("spanId", process.getSpanId())
				.containsEntry("tenant", "acme"));
	}

	@Test
	void transactionalMethodThatCompletesItsJobIsPartOfTheTrace() {
		this.web.transaction().executeWithoutResult((status) -> this.web.bean(TracedMethods.class).book());
		SpanData process = processed("traced.book", 1).get(0);
		assertThat(process.getParentSpanId()).isEqualTo(dispatched("traced.book").get(0).getSpanId());
		assertThat(attributes(process)).containsEntry("outcome", "done");
		assertThat(this.worker.bean(TracedMethods.class).logged())
			.anySatisfy((mdc) -> assertThat(mdc).containsEntry("spanId", process.getSpanId()));
	}

	@Test
	void retryHasATraceOfItsOwnWithALink() {
		this.web.transaction().executeWithoutResult((status) -> this.web.bean(TracedMethods.class).retry(null));
		List<SpanData> attempts = processed("traced.retry", 2);
		SpanData dispatch = dispatched("traced.retry").get(0);
		SpanData first = attempts.get(0);
		assertThat(first.getParentSpanId()).isEqualTo(dispatch.getSpanId());
		assertThat(first.getLinks()).isEmpty();
		assertThat(first.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
		assertThat(first.getEvents()).anySatisfy((event) -> assertThat(event.getAttributes().asMap())
			.containsEntry(AttributeKey.stringKey("exception.message"), "the first attempt fails"));
		assertThat(attributes(first)).containsEntry("outcome", "error");
		assertLinked(attempts.get(1), dispatch);
		assertThat(attributes(attempts.get(1))).containsEntry("outcome", "done")
			.containsEntry("pgdispatch.job.attempt", "2");
	}

	@Test
	void jobThatWasToWaitForMoreThanAMinuteHasATraceOfItsOwnWithALink() {
		this.web.transaction().executeWithoutResult((status) -> {
			this.web.bean(TracedMethods.class).remind();
			this.web.jdbc()
				.sql("UPDATE pgdispatch.handler_job SET dispatched_at = now() - interval '61 seconds' WHERE handler = 'traced.remind'")
				.update();
		});
		assertLinked(processed("traced.remind", 1).get(0), dispatched("traced.remind").get(0));
	}

	private static void assertLinked(SpanData process, SpanData dispatch) {
		assertThat(process.getParentSpanContext().isValid()).isFalse();
		assertThat(process.getTraceId()).isNotEqualTo(dispatch.getTraceId());
		assertThat(process.getLinks()).singleElement().satisfies((link) -> {
			assertThat(link.getSpanContext().getTraceId()).isEqualTo(dispatch.getTraceId());
			assertThat(link.getSpanContext().getSpanId()).isEqualTo(dispatch.getSpanId());
		});
		assertThat(process.getKind()).isEqualTo(SpanKind.CONSUMER);
	}

	@Test
	void jobWithHeadersThatAreNoTraceRunsAsUsual() {
		this.web.jdbc()
			.sql("SELECT pgdispatch.dispatch_handler('traced.imported', headers => '{\"traceparent\": \"00-no-trace\", \"tracestate\": 1}', max_attempts => 2, back_off => '10 milliseconds')")
			.query()
			.singleValue();
		assertThat(processed("traced.imported", 2)).allSatisfy((process) -> {
			assertThat(process.getParentSpanContext().isValid()).isFalse();
			assertThat(process.getLinks()).isEmpty();
		}).last().satisfies((process) -> assertThat(attributes(process)).containsEntry("outcome", "done"));
	}

	@Test
	void dispatchOfSqlHasASpanAndItsJobHasNone() {
		PgDispatchTemplate template = this.web.bean(PgDispatchTemplate.class);
		this.web.jdbc().sql("SELECT pgdispatch.set_queue('reports', 1)").query().listOfRows();
		Long id = this.web.transaction()
			.execute((status) -> template.dispatch(Dispatch.sql("SELECT 1").label("statistics").queue("reports")));
		assertThat(dispatched("statistics")).singleElement()
			.satisfies((dispatch) -> assertThat(attributes(dispatch)).isEqualTo(Map.of("handler", "none", "label",
					"statistics", "queue", "reports", "outcome", "done", "pgdispatch.job.id", String.valueOf(id))));
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> template.fire(Dispatch.sql("SELECT 1").label("refused")));
		assertThat(dispatched("refused")).singleElement().satisfies((dispatch) -> {
			assertThat(attributes(dispatch)).containsEntry("outcome", "error");
			assertThat(dispatch.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
		});
		await().until(() -> this.web.jdbc().sql("SELECT count(*) FROM pgdispatch.job").query(Long.class).single() == 0);
		assertThat(spans(this.worker)).noneMatch((span) -> span.getName().contains("statistics"));
	}

	private List<SpanData> dispatched(String name) {
		return spans(this.web).stream().filter((span) -> span.getName().equals("dispatch " + name)).toList();
	}

	private List<SpanData> processed(String handler, int attempts) {
		return await().until(() -> spans(this.worker).stream()
			.filter((span) -> span.getName().equals("process " + handler))
			.toList(), (spans) -> spans.size() == attempts);
	}

	private static List<SpanData> spans(HandlerNode node) {
		return node.bean(TracedApplication.Spans.class).exporter().getFinishedSpanItems();
	}

	private static boolean has(List<SpanData> spans, SpanKind kind) {
		return spans.stream().anyMatch((span) -> span.getKind() == kind);
	}

	private static Map<String, String> attributes(SpanData span) {
		return span.getAttributes()
			.asMap()
			.entrySet()
			.stream()
			.collect(Collectors.toMap((attribute) -> attribute.getKey().getKey(),
					(attribute) -> String.valueOf(attribute.getValue())));
	}

}
