package io.github.pgdispatch.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Driver;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Transaction;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Worker.Idle;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Schema.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the metadata from which IDEs and people learn of the properties.
 */
class ConfigurationMetadataTests {

	private final JsonNode metadata;

	ConfigurationMetadataTests() throws IOException {
		URL classes = PgDispatchProperties.class.getProtectionDomain().getCodeSource().getLocation();
		try (InputStream json = new URL(classes, "META-INF/spring-configuration-metadata.json").openStream()) {
			this.metadata = new JsonMapper().readTree(json);
		}
	}

	private Stream<JsonNode> items(String kind) {
		return this.metadata.get(kind).valueStream();
	}

	private static String name(JsonNode item) {
		return item.get("name").stringValue();
	}

	private static String description(JsonNode item) {
		return item.path("description").asString("");
	}

	@Test
	void allGroupsAndPropertiesAreKnown() {
		assertThat(items("groups").map(ConfigurationMetadataTests::name).distinct()).containsExactlyInAnyOrder(
				"management.endpoint.pgdispatch", "management.endpoint.pgdispatch.ui", "pgdispatch",
				"pgdispatch.history", "pgdispatch.metrics", "pgdispatch.modulith", "pgdispatch.observations",
				"pgdispatch.retry", "pgdispatch.schema", "pgdispatch.tenants", "pgdispatch.worker",
				"pgdispatch.worker.datasource");
		assertThat(items("properties").map(ConfigurationMetadataTests::name)).containsExactlyInAnyOrder(
				"management.endpoint.pgdispatch.access", "management.endpoint.pgdispatch.roles",
				"management.endpoint.pgdispatch.show-values", "management.endpoint.pgdispatch.ui.enabled",
				"pgdispatch.allow-routing-data-source", "pgdispatch.check-annotations", "pgdispatch.cron-schedules",
				"pgdispatch.data-sources", "pgdispatch.driver", "pgdispatch.history.retention",
				"pgdispatch.metrics.interval", "pgdispatch.modulith.enabled", "pgdispatch.modulith.event-types",
				"pgdispatch.modulith.in-order", "pgdispatch.observations.sql-comment", "pgdispatch.queues",
				"pgdispatch.retry.back-off", "pgdispatch.retry.back-off-multiplier", "pgdispatch.retry.max-attempts",
				"pgdispatch.retry.max-back-off", "pgdispatch.schema.grant-to", "pgdispatch.schema.mode",
				"pgdispatch.tenants.concurrency", "pgdispatch.tenants.interval", "pgdispatch.time-limit",
				"pgdispatch.transaction", "pgdispatch.worker.concurrency", "pgdispatch.worker.datasource.password",
				"pgdispatch.worker.datasource.url", "pgdispatch.worker.datasource.username",
				"pgdispatch.worker.enabled", "pgdispatch.worker.idle", "pgdispatch.worker.lease",
				"pgdispatch.worker.listen", "pgdispatch.worker.poll-interval", "pgdispatch.worker.threads");
	}

	@ParameterizedTest
	@ValueSource(strings = { "groups", "properties" })
	void allHaveADescription(String kind) {
		assertThat(items(kind)).allSatisfy((item) -> assertThat(description(item)).as(name(item))
			.isNotBlank()
			.doesNotStartWith("The ")
			.matches((text) -> Character.isUpperCase(text.charAt(0)), "begins with a capital letter"));
	}

	@Test
	void allValuesOfEnumsHaveADescription() {
		assertHints("pgdispatch.transaction", Transaction.values());
		assertHints("pgdispatch.driver", Driver.values());
		assertHints("pgdispatch.worker.idle", Idle.values());
		assertHints("pgdispatch.schema.mode", Mode.values());
	}

	private void assertHints(String property, Enum<?>... constants) {
		List<JsonNode> values = items("hints").filter((hint) -> name(hint).equals(property))
			.flatMap((hint) -> hint.get("values").valueStream())
			.toList();
		assertThat(values).extracting((value) -> value.get("value").stringValue())
			.containsExactlyElementsOf(Arrays.stream(constants)
				.map((constant) -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.toList());
		assertThat(values).allSatisfy((value) -> assertThat(description(value)).isNotBlank());
	}

	@Test
	void allHintsAreForPropertiesThatExist() {
		Set<String> properties = Set.copyOf(items("properties").map(ConfigurationMetadataTests::name).toList());
		assertThat(items("hints").map(ConfigurationMetadataTests::name))
			.allSatisfy((name) -> assertThat(properties).contains(name.replaceFirst("\\.keys$", "")));
	}

}
