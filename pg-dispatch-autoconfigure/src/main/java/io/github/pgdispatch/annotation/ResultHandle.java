package io.github.pgdispatch.annotation;

import java.lang.reflect.Type;
import java.util.function.Supplier;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.LosslessMapper;
import org.jspecify.annotations.Nullable;

/**
 * Makes the return value of a call of an annotated method. Thread-safe.
 */
interface ResultHandle {

	/**
	 * Keeps the result of the job if the caller can wait for it.
	 * @param dispatch the description of a job
	 * @return a description that keeps what the caller can wait for
	 */
	Dispatch keep(Dispatch dispatch);

	/**
	 * Dispatches a job.
	 * @param dispatch the description of the job
	 * @param template the template that dispatches it
	 * @return the return value of the call, which is {@code null} for a method that
	 * returns {@code void}
	 */
	@Nullable Object dispatch(Dispatch dispatch, PgDispatchTemplate template);

	/**
	 * Creates the handle of a method.
	 * @param type the return type of the method
	 * @param results the source of the results; used by the first call that returns a
	 * value
	 * @param mapper the mapper of the values; used if a value is read from JSON
	 * @return a handle for all calls of the method
	 */
	static ResultHandle of(ReturnType type, Supplier<JobResults> results, Supplier<LosslessMapper> mapper) {
		Type value = type.value();
		return (value != null) ? new KeptResult(type.raw(), type.isRowCount(),
				new ResultReader(value, type.hasCommand(), mapper), results) : new NoResult();
	}

}
