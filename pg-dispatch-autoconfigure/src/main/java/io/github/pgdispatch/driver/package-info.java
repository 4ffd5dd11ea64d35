/**
 * The application as the driver: worker threads that have the database run the jobs.
 */
@NullMarked
package io.github.pgdispatch.driver;

import org.jspecify.annotations.NullMarked;
