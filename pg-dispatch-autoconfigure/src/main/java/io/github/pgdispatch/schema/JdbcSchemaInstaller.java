package io.github.pgdispatch.schema;

import org.jspecify.annotations.Nullable;

/**
 * Runs the scripts by JDBC, all in one transaction.
 */
final class JdbcSchemaInstaller implements SchemaInstaller {

	private final SchemaScripts scripts;

	JdbcSchemaInstaller(SchemaScripts scripts) {
		this.scripts = scripts;
	}

	@Override
	public void underLock(SchemaDatabase database, Runnable action) {
		new SchemaLock(database).inTransaction(action);
	}

	@Override
	public void install(SchemaDatabase database, boolean schemaExists, @Nullable SchemaVersion version) {
		this.scripts.from(version).forEach((script) -> database.execute(script.sql()));
	}

}
