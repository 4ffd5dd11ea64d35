package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.function.Supplier;

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
record Promise(ReturnType type, Supplier<JobResults> results, Supplier<LosslessMapper> mapper) {

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

	@Nullable Object of(long id) {
		return this.type.of(id, this.results, this.mapper);
	}

}
