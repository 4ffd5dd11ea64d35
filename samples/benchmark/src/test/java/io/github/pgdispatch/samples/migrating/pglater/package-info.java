/**
 * The migration from pg_later.
 */
package io.github.pgdispatch.samples.migrating.pglater;
