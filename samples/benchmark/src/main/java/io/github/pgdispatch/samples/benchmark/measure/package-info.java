/**
 * How something is measured: in turn with what it is compared to, and told by ratios.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.measure;

import org.jspecify.annotations.NullMarked;
