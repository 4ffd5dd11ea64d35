package io.github.pgdispatch.command;

import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Writes the values of a Java type.
 *
 * @param <T> the Java type
 * @param javaType the Java type, including its subtypes
 * @param sqlType the SQL type, or {@code null} if each value has its own
 * @param literal creates the literal of a value
 */
record ScalarType<T>(Class<T> javaType, @Nullable String sqlType, Function<T, Literal> literal) {

	static <T> ScalarType<T> of(Class<T> javaType, String sqlType, Function<T, String> text) {
		return new ScalarType<>(javaType, sqlType, (value) -> new Literal(sqlType, text.apply(value)));
	}

	Literal literalOf(Object value) {
		return this.literal.apply(this.javaType.cast(value));
	}

}
