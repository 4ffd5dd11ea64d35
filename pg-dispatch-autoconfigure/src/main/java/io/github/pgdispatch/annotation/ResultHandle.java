package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.handler.LosslessMapper;
import org.jspecify.annotations.Nullable;

/**
 * What a call of an annotated method returns: nothing, or the promise of the job's value,
 * which is then to be kept.
 *
 * @param type that the method returns
 * @param results that learn of the ends of jobs
 * @param mapper of the values
 */
record ResultHandle(ReturnType type, Supplier<JobResults> results, Supplier<LosslessMapper> mapper) {

	/**
	 * How long a value is kept unless the annotation says so: whoever waits for it gets
	 * it at once.
	 */
	private static final Duration KEPT = Duration.ofHours(1);

	Dispatch ask(Dispatch dispatch) {
		if (!this.type.hasValue()) {
			return dispatch;
		}
		return this.type.isCount() ? dispatch.keepRowCount(KEPT) : dispatch.keepResult(KEPT);
	}

	/**
	 * Dispatches, and asks for the id of the job only if there is a value to wait for.
	 */
	@Nullable Object dispatch(Dispatch dispatch, Consumer<Dispatch> firing, ToLongFunction<Dispatch> dispatching) {
		if (!this.type.hasValue()) {
			firing.accept(dispatch);
			return null;
		}
		return this.type.of(dispatching.applyAsLong(dispatch), this.results, this.mapper);
	}

}
