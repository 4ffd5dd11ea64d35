/**
 * Who is compared: pg-dispatch, what PostgreSQL does by itself, and others.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.contender;

import org.jspecify.annotations.NullMarked;
