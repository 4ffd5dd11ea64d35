package io.github.pgdispatch;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A dispatch that is observed: of one job, or of the jobs of one call of
 * {@link PgDispatchTemplate#fireAll}.
 *
 * @param handler the name of the handler; {@code null} for SQL
 * @param label the label of the SQL; {@code null} if it has none, and for a handler
 * @param queue the name of the queue; {@code null} if the job has none
 * @param headers the headers of the job, which can be added to before the job is written
 */
public record ObservedDispatch(@Nullable String handler, @Nullable String label, @Nullable String queue,
		Map<String, String> headers) {

}
