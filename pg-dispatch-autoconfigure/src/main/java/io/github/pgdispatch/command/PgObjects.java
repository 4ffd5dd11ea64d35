package io.github.pgdispatch.command;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/**
 * Writes the {@code PGobject} values of the JDBC driver, which can have any type. The
 * name of the type becomes a part of the SQL, and therefore has to be a plain name.
 */
final class PgObjects {

	private static final Pattern TYPE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?(\\[])?");

	private static final Pattern JSONB = Pattern.compile("(pg_catalog\\.)?jsonb", Pattern.CASE_INSENSITIVE);

	private PgObjects() {
	}

	static Literal literal(PGobject object) {
		String type = object.getType();
		if (type == null || !TYPE.matcher(type).matches()) {
			throw new IllegalArgumentException("the type of a PGobject must be a plain name that may be qualified and"
					+ " may end in [], such as float8, app.mood or text[]. For any other, pass a String and cast it");
		}
		return new Literal(type, text(object, type));
	}

	private static @Nullable String text(PGobject object, String type) {
		String value = object.getValue();
		if (value != null && JSONB.matcher(type).matches()) {
			JsonTexts.refuseNul(value);
		}
		return (value != null && object instanceof PGInterval interval) ? Intervals.text(interval) : value;
	}

}
