package io.github.pgdispatch.driver;

import org.jspecify.annotations.Nullable;

/**
 * A tenant, whose jobs are in a database of its own.
 *
 * @param key the lookup key of its {@code DataSource}, or {@code null} if that is the
 * default one and has no key
 */
public record Tenant(@Nullable Object key) {

	@Override
	public String toString() {
		return (this.key != null) ? this.key.toString() : "default";
	}

}
