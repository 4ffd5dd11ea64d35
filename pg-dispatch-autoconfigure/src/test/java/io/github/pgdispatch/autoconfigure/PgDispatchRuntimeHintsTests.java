package io.github.pgdispatch.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import io.github.pgdispatch.test.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PgDispatchRuntimeHints} and {@link PgDispatchSchemaRuntimeHints}.
 */
class PgDispatchRuntimeHintsTests {

	private static final List<String> OPTIONAL = List.of("liquibase.integration.spring.SpringLiquibase",
			"org.slf4j.MDC", "org.springframework.orm.jpa.JpaTransactionManager",
			"tools.jackson.databind.json.JsonMapper", "tools.jackson.databind.JsonNode");

	@Test
	void scriptsAndChangelogAreThere() throws Exception {
		RuntimeHints hints = hints(getClass().getClassLoader());
		List<Resource> resources = new ArrayList<>();
		for (String type : List.of("sql", "xml", "txt")) {
			resources.addAll(List.of(new PathMatchingResourcePatternResolver()
				.getResources("classpath*:io/github/pgdispatch/schema/*." + type)));
		}
		assertThat(resources).extracting(Resource::getFilename)
			.contains("changelog.xml", "versions.txt", "pg_dispatch--" + TestDatabase.SCHEMA_VERSION + ".sql")
			.allSatisfy((name) -> assertThat(
					RuntimeHintsPredicates.resource().forResource("io/github/pgdispatch/schema/" + name))
				.accepts(hints));
	}

	@Test
	void optionalClassesAreKnownToBeThere() {
		RuntimeHints hints = hints(getClass().getClassLoader());
		assertThat(OPTIONAL)
			.allSatisfy((name) -> assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(name)))
				.accepts(hints));
	}

	@Test
	void optionalClassesNeedNotBeThere() {
		RuntimeHints hints = hints(
				new FilteredClassLoader("liquibase", "org.slf4j", "org.springframework.orm", "tools.jackson"));
		assertThat(OPTIONAL)
			.allSatisfy((name) -> assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(name)))
				.rejects(hints));
	}

	private static RuntimeHints hints(ClassLoader classLoader) {
		RuntimeHints hints = new RuntimeHints();
		new PgDispatchRuntimeHints().registerHints(hints, classLoader);
		new PgDispatchSchemaRuntimeHints().registerHints(hints, classLoader);
		return hints;
	}

}
