/**
 * The API that dispatches jobs, which run after the commit of the transaction:
 * {@link io.github.pgdispatch.PgDispatchTemplate} and
 * {@link io.github.pgdispatch.AfterCommitDispatch}.
 */
@NullMarked
package io.github.pgdispatch;

import org.jspecify.annotations.NullMarked;
