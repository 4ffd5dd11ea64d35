package io.github.pgdispatch.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;

/**
 * Registers the SQL scripts, the changelog and Liquibase for a native image.
 */
final class PgDispatchSchemaRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		BindableRuntimeHintsRegistrar.forTypes(DatabaseProperties.class).registerHints(hints);
		hints.resources()
			.registerPattern("io/github/pgdispatch/schema/*.sql")
			.registerPattern("io/github/pgdispatch/schema/changelog.xml")
			.registerPattern("io/github/pgdispatch/schema/versions.txt");
		hints.reflection().registerTypeIfPresent(classLoader, "liquibase.integration.spring.SpringLiquibase");
	}

}
