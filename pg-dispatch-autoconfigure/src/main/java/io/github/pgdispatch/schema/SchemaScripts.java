package io.github.pgdispatch.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What leads from an empty database, or from any older version, to the schema that this
 * library was built for.
 *
 * @param steps from the first version to the newest one
 * @param changelog the same steps for Liquibase
 */
record SchemaScripts(List<SchemaScript> steps, String changelog) {

	static SchemaScripts ofThisLibrary() {
		return new SchemaScripts(
				List.of(new SchemaScript(new SchemaVersion(1, 0, 0), "pg_dispatch--1.0.0.sql"),
						new SchemaScript(new SchemaVersion(1, 1, 0), "pg_dispatch--1.0.0--1.1.0.sql"),
						new SchemaScript(new SchemaVersion(1, 2, 0), "pg_dispatch--1.1.0--1.2.0.sql"),
						new SchemaScript(new SchemaVersion(1, 3, 0), "pg_dispatch--1.2.0--1.3.0.sql"),
						new SchemaScript(new SchemaVersion(1, 4, 0), "pg_dispatch--1.3.0--1.4.0.sql"),
						new SchemaScript(new SchemaVersion(1, 5, 0), "pg_dispatch--1.4.0--1.5.0.sql"),
						new SchemaScript(new SchemaVersion(1, 6, 0), "pg_dispatch--1.5.0--1.6.0.sql"),
						new SchemaScript(new SchemaVersion(1, 7, 0), "pg_dispatch--1.6.0--1.7.0.sql")),
				"classpath:io/github/pgdispatch/schema/changelog.xml");
	}

	SchemaVersion newestVersion() {
		return this.steps.get(this.steps.size() - 1).version();
	}

	List<SchemaScript> stepsAfter(@Nullable SchemaVersion version) {
		return this.steps.stream().filter((step) -> version == null || step.version().compareTo(version) > 0).toList();
	}

}
