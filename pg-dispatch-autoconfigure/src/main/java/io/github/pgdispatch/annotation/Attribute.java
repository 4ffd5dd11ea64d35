package io.github.pgdispatch.annotation;

import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * An attribute of an annotation. Its value may depend on the call. Immutable and
 * thread-safe.
 *
 * @param <T> the type of the value
 */
final class Attribute<T> {

	private final @Nullable T value;

	private final @Nullable Function<Invocation, T> expression;

	private Attribute(@Nullable T value, @Nullable Function<Invocation, T> expression) {
		this.value = value;
		this.expression = expression;
	}

	/**
	 * Creates an attribute that has the same value for all calls.
	 * @param value the value, or {@code null} if the attribute is not set
	 */
	static <T> Attribute<T> constant(@Nullable T value) {
		return new Attribute<>(value, null);
	}

	/**
	 * Creates an attribute that depends on the call.
	 * @param expression computes the value for a call
	 * @param example a value that is used for checks without a call
	 */
	static <T> Attribute<T> expression(Function<Invocation, T> expression, T example) {
		return new Attribute<>(example, expression);
	}

	boolean isConstant() {
		return this.expression == null;
	}

	/**
	 * Returns the value for a call.
	 * @param invocation the call, or {@code null} for a check without a call, for which
	 * an expression has its example as the value
	 * @return the value, or {@code null} if the attribute is not set
	 */
	@Nullable T resolve(@Nullable Invocation invocation) {
		return (this.expression != null && invocation != null) ? this.expression.apply(invocation) : this.value;
	}

}
