/**
 * The log of this library.
 */
@NullMarked
package io.github.pgdispatch.log;

import org.jspecify.annotations.NullMarked;
