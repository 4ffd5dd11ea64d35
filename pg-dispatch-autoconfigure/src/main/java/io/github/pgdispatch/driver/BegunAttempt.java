package io.github.pgdispatch.driver;

import io.github.pgdispatch.DispatchContext;

/**
 * An attempt of a handler's job that begins.
 *
 * @param handler the name of the handler
 * @param context the context of the job, as its method sees it
 */
public record BegunAttempt(String handler, DispatchContext context) {

}
