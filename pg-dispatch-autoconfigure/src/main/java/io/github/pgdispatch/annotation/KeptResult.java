package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

/**
 * The handle of a method that returns a {@link CompletableFuture} or a
 * {@link DispatchResult}.
 *
 * @param raw the class that the method returns
 * @param rowCount whether only the number of rows of the SQL is kept
 * @param reader reads the value from the result of the job
 * @param results the source of the results
 */
record KeptResult(Class<?> raw, boolean rowCount, ResultReader reader,
		Supplier<JobResults> results) implements ResultHandle {

	/**
	 * The time for which a result is kept unless the annotation sets another. A caller
	 * that waits gets the result immediately.
	 */
	private static final Duration KEPT = Duration.ofHours(1);

	@Override
	public Dispatch keep(Dispatch dispatch) {
		return this.rowCount ? dispatch.keepRowCount(KEPT) : dispatch.keepResult(KEPT);
	}

	@Override
	public Object dispatch(Dispatch dispatch, PgDispatchTemplate template) {
		DispatchResult<@Nullable Object> handle = this.results.get()
			.handle(template.dispatch(dispatch), this.reader::read);
		return (this.raw == DispatchResult.class) ? handle : handle.future();
	}

}
