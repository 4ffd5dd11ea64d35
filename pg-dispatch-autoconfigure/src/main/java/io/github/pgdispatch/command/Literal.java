package io.github.pgdispatch.command;

import org.jspecify.annotations.Nullable;

/**
 * A literal of an SQL type.
 *
 * @param type the type as SQL. A name that is not a keyword is qualified, because the
 * search path of the session is unknown
 * @param text the text between the quotes, before quoting, or {@code null} for NULL
 */
record Literal(String type, @Nullable String text) {

	String sql() {
		// In parentheses, so that adjacent text cannot become a part of it.
		return "(" + quoted() + "::" + this.type + ")";
	}

	String quoted() {
		return (this.text != null) ? quote(this.text) : "NULL";
	}

	private static String quote(String text) {
		UnstorableCharacter unstorable = UnstorableCharacter.firstIn(text);
		if (unstorable != null) {
			throw new IllegalArgumentException("it contains " + unstorable + ", which PostgreSQL cannot store");
		}
		String quoted = "'" + text.replace("'", "''") + "'";
		// The meaning of a backslash depends on a setting in '…', but not in E'…'.
		return (text.indexOf('\\') >= 0) ? "E" + quoted.replace("\\", "\\\\") : quoted;
	}

}
