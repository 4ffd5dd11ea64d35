/**
 * What is told of what was measured.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.report;

import org.jspecify.annotations.NullMarked;
