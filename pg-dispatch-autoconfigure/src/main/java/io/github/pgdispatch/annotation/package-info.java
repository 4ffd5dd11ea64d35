/**
 * Support for methods annotated with {@link io.github.pgdispatch.AfterCommitDispatch}.
 */
@NullMarked
package io.github.pgdispatch.annotation;

import org.jspecify.annotations.NullMarked;
