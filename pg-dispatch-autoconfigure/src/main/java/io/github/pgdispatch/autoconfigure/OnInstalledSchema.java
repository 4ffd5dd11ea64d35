package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Schema.Mode;

/**
 * Matches a database in which the application installs the schema.
 */
final class OnInstalledSchema extends DatabaseCondition {

	OnInstalledSchema() {
		super("a schema to install");
	}

	@Override
	boolean matches(Database database) {
		Mode mode = database.property("schema.mode", Mode.class);
		return mode == null || mode == Mode.LIQUIBASE || mode == Mode.JDBC;
	}

}
