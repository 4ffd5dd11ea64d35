/**
 * The migration from db-scheduler.
 */
package io.github.pgdispatch.samples.migrating.dbscheduler;
