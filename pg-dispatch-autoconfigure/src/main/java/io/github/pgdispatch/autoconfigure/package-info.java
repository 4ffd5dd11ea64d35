/**
 * Auto-configuration for Spring Boot.
 */
@NullMarked
package io.github.pgdispatch.autoconfigure;

import org.jspecify.annotations.NullMarked;
