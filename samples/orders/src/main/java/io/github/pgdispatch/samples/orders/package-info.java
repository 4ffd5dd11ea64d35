/**
 * An order process in steps, which goes on where it was killed.
 */
@NullMarked
package io.github.pgdispatch.samples.orders;

import org.jspecify.annotations.NullMarked;
