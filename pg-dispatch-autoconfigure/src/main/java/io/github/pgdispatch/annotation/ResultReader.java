package io.github.pgdispatch.annotation;

import java.lang.reflect.Type;
import java.util.function.Supplier;

import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.ReturnValue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of a job from its result.
 *
 * @param type the type of the value
 * @param hasCommand whether the job runs SQL
 * @param mapper the mapper of values that are read from JSON
 */
record ResultReader(Type type, boolean hasCommand, Supplier<LosslessMapper> mapper) {

	/**
	 * Reads a value.
	 * @param result the result of a job that has succeeded
	 * @return the value of the job
	 */
	@Nullable Object read(JobResult result) {
		if (this.type == Void.class) {
			return null;
		}
		if (this.hasCommand && this.type == Long.class) {
			return result.rowCount();
		}
		String json = result.value();
		if (json == null || (this.hasCommand && this.type == String.class)) {
			return json;
		}
		ReturnValue value = new ReturnValue(this.type, this.mapper.get());
		return this.hasCommand ? value.readRows(json) : value.read(json);
	}

}
