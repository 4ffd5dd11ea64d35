package io.github.pgdispatch.testing;

import org.jspecify.annotations.Nullable;

/**
 * Compares a value with a stored argument.
 */
interface ArgumentMatcher {

	boolean matches(String arguments, String name, @Nullable Object value);

}
