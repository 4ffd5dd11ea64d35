package io.github.pgdispatch.annotation;

import org.jspecify.annotations.Nullable;

/**
 * A call of an annotated method.
 *
 * @param target the object that is called
 * @param arguments the arguments of the call
 */
record Invocation(Object target, @Nullable Object[] arguments) {

}
