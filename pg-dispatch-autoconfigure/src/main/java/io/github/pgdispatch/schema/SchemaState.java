package io.github.pgdispatch.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What was found in the database. Names are quoted as SQL needs it.
 *
 * @param database that we are connected to
 * @param user as which we act
 * @param mayCreateSchema whether the user may create schemas
 * @param owner of the schema; {@code null} if there is no schema {@code pgdispatch}
 * @param owned whether the user has the owner's rights
 * @param extension that the schema belongs to, if any
 * @param extensionVersion its version
 * @param predecessor whether the schema is the one of pg_dispatch 0.1
 * @param versioned whether there is a function {@code pgdispatch.version()}
 * @param version that it returns; {@code null} if there is none or the user may not call
 * it
 * @param missingTables some of the tables that a schema that is {@code versioned} should
 * have and has not
 * @param strangers some of the objects in a schema that is not {@code versioned}
 * @param unknownRoles those of the given roles that do not exist
 * @param rolesLackingPrivileges those of the given roles, and the user, that lack a
 * privilege on the schema or on something in it
 */
record SchemaState(String database, String user, boolean mayCreateSchema, @Nullable String owner, boolean owned,
		@Nullable String extension, @Nullable String extensionVersion, boolean predecessor, boolean versioned,
		@Nullable SchemaVersion version, List<String> missingTables, List<String> strangers, List<String> unknownRoles,
		List<String> rolesLackingPrivileges) {

	boolean exists() {
		return this.owner != null;
	}

}
