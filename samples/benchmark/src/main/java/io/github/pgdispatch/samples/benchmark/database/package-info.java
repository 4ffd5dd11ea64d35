/**
 * The databases in which it is measured.
 */
@NullMarked
package io.github.pgdispatch.samples.benchmark.database;

import org.jspecify.annotations.NullMarked;
