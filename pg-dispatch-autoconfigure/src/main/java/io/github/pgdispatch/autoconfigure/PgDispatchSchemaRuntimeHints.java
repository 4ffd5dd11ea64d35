package io.github.pgdispatch.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Keeps the SQL and the changelog in a native image, and lets it know of Liquibase.
 */
final class PgDispatchSchemaRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.resources()
			.registerPattern("io/github/pgdispatch/schema/*.sql")
			.registerPattern("io/github/pgdispatch/schema/changelog.xml")
			.registerPattern("io/github/pgdispatch/schema/versions.txt");
		hints.reflection().registerTypeIfPresent(classLoader, "liquibase.integration.spring.SpringLiquibase");
	}

}
