/**
 * How fast it is, beside others.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark;

import org.jspecify.annotations.NullMarked;
