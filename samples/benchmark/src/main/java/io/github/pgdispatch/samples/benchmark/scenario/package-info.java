/**
 * What is measured: a class for each line, or a few, of the table.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.scenario;

import org.jspecify.annotations.NullMarked;
