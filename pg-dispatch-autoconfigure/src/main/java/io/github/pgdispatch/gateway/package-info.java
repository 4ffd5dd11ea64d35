/**
 * All access from Java to the schema {@code pgdispatch}. Gateways execute single
 * statements, each gateway those of one concern; sessions hold a connection.
 */
@NullMarked
package io.github.pgdispatch.gateway;

import org.jspecify.annotations.NullMarked;
