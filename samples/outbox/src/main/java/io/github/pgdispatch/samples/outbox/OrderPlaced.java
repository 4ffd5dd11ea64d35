package io.github.pgdispatch.samples.outbox;

import org.springframework.modulith.events.Externalized;

/**
 * Goes to the topic {@code orders}, with the customer as its key.
 */
@Externalized("orders::#{customer()}")
record OrderPlaced(long id, String customer, String item) {

}
