package io.github.pgdispatch.samples.orders;

/**
 * What the payment provider answers.
 */
record Receipt(String number) {

}
