/**
 * SQL with {@code :named} parameters, and the one text that it becomes with their values:
 * {@link io.github.pgdispatch.command.Command}.
 */
@NullMarked
package io.github.pgdispatch.command;

import org.jspecify.annotations.NullMarked;
