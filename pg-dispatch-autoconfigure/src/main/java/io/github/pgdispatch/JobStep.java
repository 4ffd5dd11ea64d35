package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.StepRow;
import org.jspecify.annotations.Nullable;

/**
 * A step that the method of a job has finished. A sleep is a step, too.
 *
 * @param name the name of the step
 * @param result what the step returned, as JSON; {@code null} if it returns nothing
 * @param endedAt the time at which the step ended, by the clock of the database
 * @see DispatchContext#step(String, Class, java.util.function.Supplier)
 * @see PgDispatchOperations#steps(long)
 */
public record JobStep(String name, @Nullable String result, Instant endedAt) {

	static JobStep of(StepRow row) {
		return new JobStep(row.name(), row.result(), row.endedAt());
	}

}
