/**
 * SQL with {@code :named} parameters, whose values are written as literals:
 * {@link io.github.pgdispatch.command.Command}.
 */
@NullMarked
package io.github.pgdispatch.command;

import org.jspecify.annotations.NullMarked;
