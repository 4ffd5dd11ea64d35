package io.github.pgdispatch.command;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the parameters in an SQL text. Implements the lexical rules of PostgreSQL that
 * determine whether a text is a parameter.
 */
final class CommandParser {

	private static final Pattern DOLLAR_QUOTE = Pattern
		.compile("\\$([A-Za-z_\\x{80}-\\x{10FFFF}]" + "[A-Za-z0-9_\\x{80}-\\x{10FFFF}]*)?\\$");

	private final String sql;

	private final List<Placeholder> placeholders = new ArrayList<>();

	private int position;

	private int ambiguousString = -1;

	CommandParser(String sql) {
		this.sql = sql;
	}

	List<Placeholder> parse() {
		while (this.position < this.sql.length()) {
			next();
		}
		if (this.ambiguousString >= 0 && !this.placeholders.isEmpty()) {
			// A wrong guess would place the value of a parameter outside of its quotes.
			throw new IllegalArgumentException("The end of the string at character " + (this.ambiguousString + 1)
					+ " depends on the setting standard_conforming_strings, because a backslash precedes a quote."
					+ " Write E'…' with doubled backslashes, or pass the string as a parameter.");
		}
		return this.placeholders;
	}

	private void next() {
		char character = this.sql.charAt(this.position);
		if (character == '\'') {
			skipString();
		}
		else if (character == '"') {
			skipTo("\"", this.position + 1, "quoted identifier", "End it with \", and double the quotes inside it.");
		}
		else if (this.sql.startsWith("--", this.position)) {
			skipLine();
		}
		else if (this.sql.startsWith("/*", this.position)) {
			skipComment();
		}
		else if (character == '$') {
			skipDollarQuote();
		}
		else if (character == ':') {
			readColon();
		}
		else if (isIdentifierStart(character)) {
			skipIdentifier();
		}
		else {
			this.position++;
		}
	}

	private void skipString() {
		int start = this.position;
		for (int i = start + 1; i < this.sql.length(); i++) {
			if (this.sql.charAt(i) == '\'') {
				if (isEscaped(i) && this.ambiguousString < 0) {
					this.ambiguousString = start;
				}
				if (!this.sql.startsWith("''", i)) {
					this.position = i + 1;
					return;
				}
				i++;
			}
		}
		throw unterminated("string", "End it with ', and double the quotes inside it.");
	}

	private boolean isEscaped(int index) {
		int backslashes = 0;
		while (this.sql.charAt(index - 1 - backslashes) == '\\') {
			backslashes++;
		}
		return backslashes % 2 != 0;
	}

	private void skipEscapeString() {
		for (int i = this.position + 1; i < this.sql.length(); i++) {
			if (this.sql.charAt(i) == '\\' || this.sql.startsWith("''", i)) {
				i++;
			}
			else if (this.sql.charAt(i) == '\'') {
				int continuation = continuation(i + 1);
				if (continuation < 0) {
					this.position = i + 1;
					return;
				}
				i = continuation;
			}
		}
		throw unterminated("string", "End it with ', and double the quotes and backslashes inside it.");
	}

	/**
	 * A string can continue in another pair of quotes on a later line, which follows the
	 * rules of the first pair.
	 */
	private int continuation(int from) {
		boolean otherLine = false;
		for (int i = from; i < this.sql.length(); i++) {
			char character = this.sql.charAt(i);
			if (this.sql.startsWith("--", i)) {
				i = endOfLine(i) - 1;
			}
			else if (character == '\'') {
				return otherLine ? i : -1;
			}
			else if (character == '\n' || character == '\r') {
				otherLine = true;
			}
			else if (" \t\f\u000B".indexOf(character) < 0) {
				return -1;
			}
		}
		return -1;
	}

	private void skipLine() {
		this.position = endOfLine(this.position);
	}

	private int endOfLine(int from) {
		int end = from;
		while (end < this.sql.length() && this.sql.charAt(end) != '\n' && this.sql.charAt(end) != '\r') {
			end++;
		}
		return end;
	}

	private void skipComment() {
		int depth = 0;
		for (int i = this.position; i < this.sql.length(); i++) {
			if (this.sql.startsWith("/*", i)) {
				depth++;
				i++;
			}
			else if (this.sql.startsWith("*/", i)) {
				depth--;
				i++;
			}
			if (depth == 0) {
				this.position = i + 1;
				return;
			}
		}
		throw unterminated("comment", "End it with */, once for each /* in it.");
	}

	private void skipDollarQuote() {
		Matcher matcher = DOLLAR_QUOTE.matcher(this.sql).region(this.position, this.sql.length());
		if (matcher.lookingAt()) {
			String delimiter = matcher.group();
			skipTo(delimiter, matcher.end(), "dollar quote", "End it with " + delimiter + ".");
		}
		else {
			this.position++;
		}
	}

	private void skipTo(String delimiter, int from, String what, String wayOut) {
		int end = this.sql.indexOf(delimiter, from);
		if (end < 0) {
			throw unterminated(what, wayOut);
		}
		this.position = end + delimiter.length();
	}

	private void skipIdentifier() {
		int start = this.position;
		while (this.position < this.sql.length() && isIdentifierPart(this.sql.charAt(this.position))) {
			this.position++;
		}
		String identifier = this.sql.substring(start, this.position);
		if (start > 0 && isDigit(this.sql.charAt(start - 1)) && identifier.contains("$")) {
			// Up to PostgreSQL 15, 1_0$$ is an identifier after a number. Since 16, it
			// is a dollar quote after a number.
			throw new IllegalArgumentException("The meaning of the text that follows the number before character "
					+ (start + 1) + " depends on the version of PostgreSQL. Put a space after it.");
		}
		if (identifier.equalsIgnoreCase("e") && this.sql.startsWith("'", this.position)) {
			skipEscapeString();
		}
	}

	private void readColon() {
		int start = this.position;
		if (this.sql.startsWith("::", start) || this.sql.startsWith(":=", start)) {
			this.position += 2;
			return;
		}
		int end = endOfSegment(start + 1);
		if (end < 0) {
			this.position++;
			return;
		}
		while (this.sql.startsWith(".", end) && endOfSegment(end + 1) >= 0) {
			end = endOfSegment(end + 1);
		}
		this.placeholders.add(new Placeholder(this.sql.substring(start + 1, end), start, end));
		this.position = end;
	}

	private int endOfSegment(int start) {
		if (start >= this.sql.length() || !Character.isJavaIdentifierStart(this.sql.codePointAt(start))) {
			return -1;
		}
		int end = start;
		while (end < this.sql.length() && isParameterPart(this.sql.codePointAt(end))) {
			end += Character.charCount(this.sql.codePointAt(end));
		}
		return end;
	}

	private static boolean isParameterPart(int codePoint) {
		return Character.isJavaIdentifierPart(codePoint) && !Character.isIdentifierIgnorable(codePoint);
	}

	private static boolean isIdentifierStart(char character) {
		return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_'
				|| character >= 0x80;
	}

	private static boolean isIdentifierPart(char character) {
		return isIdentifierStart(character) || isDigit(character) || character == '$';
	}

	private static boolean isDigit(char character) {
		return character >= '0' && character <= '9';
	}

	private IllegalArgumentException unterminated(String what, String wayOut) {
		String possibleCause = (this.ambiguousString >= 0) ? " (In the string at character "
				+ (this.ambiguousString + 1) + ", a backslash does not escape a quote. It does so only in E'…'.)" : "";
		return new IllegalArgumentException("The " + what + " that begins at character " + (this.position + 1)
				+ " has no end. " + wayOut + possibleCause);
	}

}
