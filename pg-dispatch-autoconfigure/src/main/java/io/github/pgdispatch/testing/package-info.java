/**
 * What the tests of an application need to see, run and await its side effects:
 * {@link io.github.pgdispatch.testing.AutoConfigurePgDispatch} and
 * {@link io.github.pgdispatch.testing.DispatchedJobs}. An application itself loads
 * nothing of it.
 */
@NullMarked
package io.github.pgdispatch.testing;

import org.jspecify.annotations.NullMarked;
