package io.github.pgdispatch.log;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Takes the place of the MDC where there is none.
 */
final class NoLogContext implements LogContext {

	@Override
	public Scope add(Map<String, String> values) {
		return () -> {
		};
	}

	@Override
	public @Nullable String get(String key) {
		return null;
	}

}
