package io.github.pgdispatch.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Registers for a native image the optional classes that pg-dispatch looks up by their
 * names.
 */
final class PgDispatchRuntimeHints implements RuntimeHintsRegistrar {

	private static final List<String> OPTIONAL = List.of("org.slf4j.MDC",
			"org.springframework.orm.jpa.JpaTransactionManager", "tools.jackson.databind.JsonNode",
			"tools.jackson.databind.json.JsonMapper");

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		OPTIONAL.forEach((name) -> hints.reflection().registerTypeIfPresent(classLoader, name));
	}

}
