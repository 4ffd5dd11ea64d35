package io.github.pgdispatch.handler;

import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Knows which step each thread runs. Thread-safe.
 */
public final class CurrentStep {

	private final ThreadLocal<@Nullable Supplier<String>> idempotencyKey = new ThreadLocal<>();

	/**
	 * Returns the idempotency key of the step that the current thread runs.
	 * @return the key; {@code null} if the thread runs no step
	 */
	public @Nullable String idempotencyKey() {
		Supplier<String> key = this.idempotencyKey.get();
		return (key != null) ? key.get() : null;
	}

	/**
	 * Runs the body of a step, which may be part of the body of another one.
	 */
	@Nullable Object run(Supplier<String> key, Supplier<? extends @Nullable Object> body) {
		Supplier<String> outer = this.idempotencyKey.get();
		this.idempotencyKey.set(key);
		try {
			return body.get();
		}
		finally {
			if (outer != null) {
				this.idempotencyKey.set(outer);
			}
			else {
				this.idempotencyKey.remove();
			}
		}
	}

}
