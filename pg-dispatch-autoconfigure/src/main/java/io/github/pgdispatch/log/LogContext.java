package io.github.pgdispatch.log;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Values that all log lines of the current thread have, also those of the application:
 * the MDC of SLF4J. Without SLF4J, there are none. Thread-safe.
 */
public interface LogContext {

	/**
	 * The key of the name of the database, if there are several.
	 */
	String DATABASE = "pgdispatch.database";

	/**
	 * Creates a context.
	 * @param classLoader of the application
	 * @return the context, which has no effect if the class loader has no SLF4J
	 */
	static LogContext create(ClassLoader classLoader) {
		return ClassUtils.isPresent("org.slf4j.MDC", classLoader) ? new MdcLogContext() : new NoLogContext();
	}

	/**
	 * Adds values, which replace those with the same keys.
	 * @param values by key
	 * @return a scope, which is to be closed on the same thread, and then restores what
	 * was there before
	 */
	Scope add(Map<String, String> values);

	/**
	 * Returns a value.
	 * @param key the key of the value
	 * @return the value, or {@code null} if there is none
	 */
	@Nullable String get(String key);

	/**
	 * The values that were added.
	 */
	@FunctionalInterface
	interface Scope extends AutoCloseable {

		@Override
		void close();

	}

}
