/**
 * The events that drivers publish as application events of Spring. They are about jobs,
 * and never have the SQL or the arguments of one.
 */
@NullMarked
package io.github.pgdispatch.event;

import org.jspecify.annotations.NullMarked;
