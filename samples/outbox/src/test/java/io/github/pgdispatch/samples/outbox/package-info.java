/**
 * Tests that kill the broker and a node.
 */
@NullMarked
package io.github.pgdispatch.samples.outbox;

import org.jspecify.annotations.NullMarked;
