/**
 * Side effects that run after the commit: {@link io.github.pgdispatch.PgDispatchTemplate}
 * and {@link io.github.pgdispatch.AfterCommitDispatch}.
 */
@NullMarked
package io.github.pgdispatch;

import org.jspecify.annotations.NullMarked;
