package io.github.pgdispatch.log;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The {@link MDC} of SLF4J.
 */
final class MdcLogContext implements LogContext {

	@Override
	public Scope add(Map<String, String> values) {
		Map<String, @Nullable String> before = new HashMap<>();
		values.forEach((key, value) -> {
			before.put(key, MDC.get(key));
			MDC.put(key, value);
		});
		return () -> before.forEach(MdcLogContext::restore);
	}

	@Override
	public @Nullable String get(String key) {
		return MDC.get(key);
	}

	private static void restore(String key, @Nullable String value) {
		if (value != null) {
			MDC.put(key, value);
		}
		else {
			MDC.remove(key);
		}
	}

}
