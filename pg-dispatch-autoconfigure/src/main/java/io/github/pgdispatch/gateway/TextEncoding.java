package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Makes text fit databases whose encoding is not UTF-8, such as LATIN1 or WIN1252.
 */
public final class TextEncoding {

	/**
	 * The SQLSTATEs of characters that the encoding of the database does not have.
	 */
	private static final Set<String> REFUSED = Set.of("22P05", "22021");

	private static final Set<String> TAKES_ALL_TEXT = Set.of("UTF8", "SQL_ASCII");

	private TextEncoding() {
	}

	/**
	 * Replaces each character that is not ASCII by a backslash, a {@code u} and four hex
	 * digits. Of JSON, that is the same JSON.
	 * @param text any text
	 * @return the text in ASCII
	 */
	public static String ascii(String text) {
		if (text.chars().allMatch((c) -> c < 128)) {
			return text;
		}
		StringBuilder ascii = new StringBuilder();
		text.chars().forEach((c) -> {
			if (c < 128) {
				ascii.append((char) c);
			}
			else {
				ascii.append(String.format("\\u%04x", c));
			}
		});
		return ascii.toString();
	}

	/**
	 * Returns the text, in ASCII unless the database can store all characters. An error
	 * would cost a transaction that has more to do.
	 * @param connection to the database
	 * @param json the text, which is JSON, or {@code null}
	 */
	static @Nullable String fitting(Connection connection, @Nullable String json) throws SQLException {
		if (json == null) {
			return null;
		}
		String encoding = connection.isWrapperFor(PGConnection.class)
				? connection.unwrap(PGConnection.class).getParameterStatus("server_encoding") : null;
		return (encoding != null && TAKES_ALL_TEXT.contains(encoding)) ? json : ascii(json);
	}

	/**
	 * Returns whether the database has refused a statement because of a character.
	 */
	static boolean isRefusal(SQLException ex) {
		return REFUSED.contains(String.valueOf(ex.getSQLState()));
	}

}
