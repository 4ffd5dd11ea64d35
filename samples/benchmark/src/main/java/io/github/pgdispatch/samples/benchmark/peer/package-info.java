/**
 * Others that run jobs from a PostgreSQL, each behind the same interface and with its own
 * best settings.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.peer;

import org.jspecify.annotations.NullMarked;
