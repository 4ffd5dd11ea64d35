package io.github.pgdispatch.handler;

import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ParameterizedTypeReference;

/**
 * The context of a running job.
 *
 * @param jobId the id of the job
 * @param attempt the number of the attempt
 * @param dueAt the due time of the attempt
 * @param dispatchedAt the time of the dispatch
 * @param headers the headers of the job
 * @param steps the steps of the attempt
 */
public record JobContext(long jobId, int attempt, Instant dueAt, Instant dispatchedAt, Map<String, String> headers,
		Steps steps) implements DispatchContext {

	public JobContext {
		headers = Map.copyOf(headers);
	}

	@Override
	public <T extends @Nullable Object> T step(String name, Class<T> type, Supplier<? extends T> body) {
		return run(name, type, false, body);
	}

	@Override
	public <T extends @Nullable Object> T step(String name, ParameterizedTypeReference<T> type,
			Supplier<? extends T> body) {
		return run(name, type.getType(), false, body);
	}

	@Override
	public void step(String name, Runnable body) {
		this.steps.run(name, null, false, returningNothing(body));
	}

	@Override
	public <T extends @Nullable Object> T transactionalStep(String name, Class<T> type, Supplier<? extends T> body) {
		return run(name, type, true, body);
	}

	@Override
	public <T extends @Nullable Object> T transactionalStep(String name, ParameterizedTypeReference<T> type,
			Supplier<? extends T> body) {
		return run(name, type.getType(), true, body);
	}

	@Override
	public void transactionalStep(String name, Runnable body) {
		this.steps.run(name, null, true, returningNothing(body));
	}

	@Override
	public void sleep(String name, Duration duration) {
		this.steps.sleep(name, duration);
	}

	@Override
	public String idempotencyKey(String step) {
		return this.steps.idempotencyKey(step);
	}

	/**
	 * The result of an earlier attempt was read as this type, which says whether it may
	 * be {@code null}.
	 */
	@SuppressWarnings({ "unchecked", "NullAway" })
	private <T extends @Nullable Object> T run(String name, Type type, boolean transactional,
			Supplier<? extends T> body) {
		return (T) this.steps.run(name, type, transactional, body);
	}

	private static Supplier<@Nullable Object> returningNothing(Runnable body) {
		return () -> {
			body.run();
			return null;
		};
	}

}
