/**
 * Tests of the sample.
 */
@NullMarked
package io.github.pgdispatch.samples.orders;

import org.jspecify.annotations.NullMarked;
