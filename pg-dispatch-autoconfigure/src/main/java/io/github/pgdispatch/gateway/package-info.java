/**
 * The narrow gate between Java and the schema {@code pgdispatch}: all that calls its
 * functions is here.
 */
@NullMarked
package io.github.pgdispatch.gateway;

import org.jspecify.annotations.NullMarked;
