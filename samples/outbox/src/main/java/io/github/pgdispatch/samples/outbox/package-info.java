/**
 * Orders in, events out: an outbox for Kafka.
 */
@NullMarked
package io.github.pgdispatch.samples.outbox;

import org.jspecify.annotations.NullMarked;
