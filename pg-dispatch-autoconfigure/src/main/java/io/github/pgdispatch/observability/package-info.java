/**
 * What observes the drivers, each as a
 * {@link io.github.pgdispatch.driver.DriverListener}.
 */
@NullMarked
package io.github.pgdispatch.observability;

import org.jspecify.annotations.NullMarked;
