package io.github.pgdispatch.schema;

import org.jspecify.annotations.Nullable;

/**
 * A way of running the scripts. The nodes of an application start at once: only one may
 * be at it, and one that is killed must not leave anything behind that stops the next.
 */
interface SchemaInstaller {

	/**
	 * Does something while no other session does.
	 */
	void underLock(SchemaDatabase database, Runnable action);

	/**
	 * Brings the schema from the given version to the newest one.
	 * @param database to install in
	 * @param schemaExists whether there is a schema, be it empty
	 * @param version of the schema that is there, if any
	 */
	void install(SchemaDatabase database, boolean schemaExists, @Nullable SchemaVersion version);

}
