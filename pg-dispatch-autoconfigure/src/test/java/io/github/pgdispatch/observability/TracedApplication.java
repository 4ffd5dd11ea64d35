package io.github.pgdispatch.observability;

import java.util.Map;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.autoconfigure.PgDispatchObservationAutoConfiguration;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.slf4j.MDC;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration;
import org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcObservationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application whose requests dispatch methods, and which keeps its spans. Nodes with
 * and without workers are such applications.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ ObservationAutoConfiguration.class, MicrometerTracingAutoConfiguration.class,
		OpenTelemetrySdkAutoConfiguration.class, OpenTelemetryTracingAutoConfiguration.class,
		TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
		WebMvcAutoConfiguration.class, WebMvcObservationAutoConfiguration.class,
		PgDispatchObservationAutoConfiguration.class })
@Import({ TracedApplication.Requests.class, TracedMethods.class })
class TracedApplication {

	@Bean
	Spans spans() {
		return new Spans(InMemorySpanExporter.create());
	}

	@Bean
	SpanProcessor spanProcessor(Spans spans) {
		return SimpleSpanProcessor.create(spans.exporter());
	}

	/**
	 * As an application had it before there were observations.
	 */
	@Bean
	DispatchPropagator tenantPropagator() {
		return new DispatchPropagator() {

			@Override
			public void inject(Map<String, String> headers) {
				headers.put("tenant", "acme");
			}

			@Override
			public Scope extract(DispatchContext context) {
				MDC.put("tenant", context.headers().get("tenant"));
				return () -> MDC.remove("tenant");
			}

		};
	}

	@RestController
	static class Requests {

		private final TracedMethods methods;

		Requests(TracedMethods methods) {
			this.methods = methods;
		}

		@PostMapping("/mails")
		@Transactional
		public void send() {
			this.methods.send("first");
		}

	}

	/**
	 * The spans of one node.
	 */
	record Spans(InMemorySpanExporter exporter) {

	}

}
