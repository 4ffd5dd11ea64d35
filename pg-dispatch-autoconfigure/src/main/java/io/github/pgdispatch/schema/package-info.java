/**
 * The installation of the schema {@code pgdispatch}, with Liquibase or with JDBC alone.
 */
@NullMarked
package io.github.pgdispatch.schema;

import org.jspecify.annotations.NullMarked;
