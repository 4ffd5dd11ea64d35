/**
 * The outbox of Spring Modulith: an event that is to be externalized is a job, which
 * sends it after the commit.
 */
@NullMarked
package io.github.pgdispatch.modulith;

import org.jspecify.annotations.NullMarked;
