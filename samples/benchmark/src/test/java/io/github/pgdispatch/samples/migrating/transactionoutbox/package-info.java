/**
 * The migration from transaction-outbox.
 */
package io.github.pgdispatch.samples.migrating.transactionoutbox;
