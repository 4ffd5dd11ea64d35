/**
 * What makes {@link io.github.pgdispatch.AfterCommitDispatch} work.
 */
@NullMarked
package io.github.pgdispatch.annotation;

import org.jspecify.annotations.NullMarked;
