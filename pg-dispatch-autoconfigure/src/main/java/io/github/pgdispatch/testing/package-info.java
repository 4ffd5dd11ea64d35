/**
 * Support for tests of an application that see and run its jobs:
 * {@link io.github.pgdispatch.testing.AutoConfigurePgDispatch} and
 * {@link io.github.pgdispatch.testing.DispatchedJobs}. The application itself does not
 * load this package.
 */
@NullMarked
package io.github.pgdispatch.testing;

import org.jspecify.annotations.NullMarked;
