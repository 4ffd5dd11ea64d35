/**
 * The migration from Spring Modulith.
 */
package io.github.pgdispatch.samples.migrating.modulith;
