/**
 * The migration from JobRunr.
 */
package io.github.pgdispatch.samples.migrating.jobrunr;
