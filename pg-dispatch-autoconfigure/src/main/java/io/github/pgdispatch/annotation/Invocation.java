package io.github.pgdispatch.annotation;

import org.jspecify.annotations.Nullable;

/**
 * A call of an annotated method.
 *
 * @param target that is called
 * @param arguments of the call
 */
record Invocation(Object target, @Nullable Object[] arguments) {

}
