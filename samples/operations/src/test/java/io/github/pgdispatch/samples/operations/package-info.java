/**
 * Tests of the alert rules and the dashboard, with a real application and a real
 * Prometheus.
 */
package io.github.pgdispatch.samples.operations;
