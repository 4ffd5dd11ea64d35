package io.github.pgdispatch.command;

import org.jspecify.annotations.Nullable;

/**
 * A value of one SQL type in the form that PostgreSQL reads.
 *
 * @param type as SQL; a name that is no keyword is qualified, since what a session finds
 * in its search path is not ours to know
 * @param text what is between the quotes, before quoting, or {@code null} for NULL
 */
record Literal(String type, @Nullable String text) {

	String sql() {
		// Parenthesised, so that nothing before or after it can become part of it.
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
		// What a backslash means in '…' is a setting; in E'…' it is not.
		return (text.indexOf('\\') >= 0) ? "E" + quoted.replace("\\", "\\\\") : quoted;
	}

}
