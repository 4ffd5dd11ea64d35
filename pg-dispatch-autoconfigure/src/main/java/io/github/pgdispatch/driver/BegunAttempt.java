package io.github.pgdispatch.driver;

import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a handler's job that begins.
 *
 * @param handler the name of the handler
 * @param queue the queue of the job; {@code null} if it is in none
 * @param context the context of the job, as its method sees it
 */
public record BegunAttempt(String handler, @Nullable String queue, DispatchContext context) {

}
