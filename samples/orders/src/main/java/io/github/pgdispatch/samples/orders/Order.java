package io.github.pgdispatch.samples.orders;

/**
 * An order that was placed.
 */
record Order(long id, String customer, String item) {

}
