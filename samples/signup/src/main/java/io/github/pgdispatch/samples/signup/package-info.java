/**
 * A sign-up whose answer does not wait for its side effects.
 */
@NullMarked
package io.github.pgdispatch.samples.signup;

import org.jspecify.annotations.NullMarked;
