/**
 * Calls of Java methods as JSON: {@link io.github.pgdispatch.handler.Arguments}.
 */
@NullMarked
package io.github.pgdispatch.handler;

import org.jspecify.annotations.NullMarked;
