/**
 * Methods as handlers of jobs: their arguments as JSON, and the calls that run them.
 */
@NullMarked
package io.github.pgdispatch.handler;

import org.jspecify.annotations.NullMarked;
