package io.github.pgdispatch.schema;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of the schema, as {@code pgdispatch.version()} tells it.
 *
 * @param major counts the versions that need another library
 * @param minor counts the versions that add something
 * @param patch counts the versions that mend something
 */
record SchemaVersion(int major, int minor, int patch) implements Comparable<SchemaVersion> {

	private static final Pattern SYNTAX = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})");

	private static final Comparator<SchemaVersion> ORDER = Comparator.comparingInt(SchemaVersion::major)
		.thenComparingInt(SchemaVersion::minor)
		.thenComparingInt(SchemaVersion::patch);

	static SchemaVersion parse(String version) {
		Matcher matcher = SYNTAX.matcher(version);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("'" + version + "' is not a version like 1.0.0");
		}
		return new SchemaVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
				Integer.parseInt(matcher.group(3)));
	}

	/**
	 * Whether a library of the given version works with a schema of this one.
	 */
	boolean serves(SchemaVersion library) {
		return this.major == library.major && compareTo(library) >= 0;
	}

	@Override
	public int compareTo(SchemaVersion other) {
		return ORDER.compare(this, other);
	}

	@Override
	public String toString() {
		return this.major + "." + this.minor + "." + this.patch;
	}

}
