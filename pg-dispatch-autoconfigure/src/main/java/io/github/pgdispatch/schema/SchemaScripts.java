package io.github.pgdispatch.schema;

import java.util.List;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

/**
 * The scripts that lead from an empty database, or from any older version, to the schema
 * that this library was built for. The build makes them from {@code src/main/sql}, and
 * the list of versions with them.
 *
 * @param versions of the schema, the oldest first
 * @param loader that finds the scripts
 * @param changelog the location of the same scripts for Liquibase
 */
record SchemaScripts(List<SchemaVersion> versions, ClassLoader loader, String changelog) {

	static SchemaScripts ofThisLibrary() {
		return of(SchemaScripts.class.getClassLoader(), "classpath:io/github/pgdispatch/schema/changelog.xml");
	}

	static SchemaScripts of(ClassLoader loader, String changelog) {
		List<String> versions = new SchemaScript(loader, "versions.txt").lines();
		return new SchemaScripts(versions.stream().map(SchemaVersion::parse).toList(), loader, changelog);
	}

	SchemaVersion newestVersion() {
		return this.versions.get(this.versions.size() - 1);
	}

	/**
	 * Returns what is to be run where the given version is.
	 * @param version the version of the schema; {@code null} if there is none
	 * @return the scripts, in order
	 */
	List<SchemaScript> from(@Nullable SchemaVersion version) {
		if (version == null) {
			return List.of(script(newestVersion().toString()));
		}
		return IntStream.range(1, this.versions.size())
			.filter((i) -> this.versions.get(i).compareTo(version) > 0)
			.mapToObj((i) -> script(this.versions.get(i - 1) + "--" + this.versions.get(i)))
			.toList();
	}

	private SchemaScript script(String name) {
		return new SchemaScript(this.loader, "pg_dispatch--" + name + ".sql");
	}

}
