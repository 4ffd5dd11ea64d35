package io.github.pgdispatch.driver;

import org.jspecify.annotations.Nullable;

/**
 * A tenant, whose jobs are in a database of its own.
 *
 * @param database the name of the {@code DataSource} that routes to it, or {@code null}
 * if the application has no other one
 * @param key the lookup key of its {@code DataSource}, or {@code null} if that is the
 * default one and has no key
 */
public record Tenant(@Nullable String database, @Nullable Object key) {

	/**
	 * Returns the name of the tenant, which is unique in the application.
	 */
	@Override
	public String toString() {
		String name = (this.key != null) ? this.key.toString() : "default";
		return (this.database != null) ? this.database + "/" + name : name;
	}

}
