package io.github.pgdispatch.testing;

import org.jspecify.annotations.Nullable;

/**
 * Compares an argument with one among those that were stored.
 */
interface ArgumentMatcher {

	boolean matches(String arguments, String name, @Nullable Object value);

}
