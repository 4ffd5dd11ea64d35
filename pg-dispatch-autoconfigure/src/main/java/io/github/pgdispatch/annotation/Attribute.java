package io.github.pgdispatch.annotation;

import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * An attribute of an annotation, which may depend on the call. Immutable and thread-safe.
 *
 * @param <T> what it is
 */
final class Attribute<T> {

	private final @Nullable T value;

	private final @Nullable Function<Invocation, T> expression;

	private Attribute(@Nullable T value, @Nullable Function<Invocation, T> expression) {
		this.value = value;
		this.expression = expression;
	}

	/**
	 * One that is the same for all calls.
	 * @param value that it has, or {@code null} if it was left out
	 */
	static <T> Attribute<T> constant(@Nullable T value) {
		return new Attribute<>(value, null);
	}

	/**
	 * One that depends on the call.
	 * @param expression of the call
	 * @param example of a value, for as long as there is no call
	 */
	static <T> Attribute<T> expression(Function<Invocation, T> expression, T example) {
		return new Attribute<>(example, expression);
	}

	boolean isConstant() {
		return this.expression == null;
	}

	/**
	 * Determines the value for a call.
	 * @param call that dispatches, or {@code null} when the annotation is checked: then
	 * the value of an expression is an example
	 * @return the value, or {@code null} if it was left out
	 */
	@Nullable T resolve(@Nullable Invocation call) {
		return (this.expression != null && call != null) ? this.expression.apply(call) : this.value;
	}

}
