/**
 * The drivers of jobs: worker threads of the application, which have the database run SQL
 * jobs and which run the jobs of handlers, or pg_cron.
 */
@NullMarked
package io.github.pgdispatch.driver;

import org.jspecify.annotations.NullMarked;
