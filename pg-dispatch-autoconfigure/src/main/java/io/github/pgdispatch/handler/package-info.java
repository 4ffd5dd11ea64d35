/**
 * Handlers, which are methods whose body jobs run: their arguments as JSON, and their
 * invocations.
 */
@NullMarked
package io.github.pgdispatch.handler;

import org.jspecify.annotations.NullMarked;
