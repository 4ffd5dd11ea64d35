package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Schema.Mode;

/**
 * Matches a database whose schema the application validates.
 */
final class OnValidatedSchema extends DatabaseCondition {

	OnValidatedSchema() {
		super("a schema to validate");
	}

	@Override
	boolean matches(Database database) {
		return database.property("schema.mode", Mode.class) == Mode.VALIDATE;
	}

}
