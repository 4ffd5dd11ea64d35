/**
 * The Actuator endpoint, through which operators see and change what waits, runs and has
 * failed.
 */
@NullMarked
package io.github.pgdispatch.endpoint;

import org.jspecify.annotations.NullMarked;
