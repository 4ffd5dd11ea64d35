package io.github.pgdispatch.test;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tokens of SQL or PL/pgSQL text, without comments and dollar quotes, so that what is
 * quoted by dollars is part of the text. Words are in lower case.
 */
final class SqlTokens {

	private static final Pattern TOKEN = Pattern.compile("(?<gap>\\s+|--[^\\n]*|\\$\\$)" //
			+ "|(?<string>[eE]?'(?:[^']++|'')*+')" //
			+ "|(?<word>[A-Za-z_][A-Za-z_0-9]*|\"[^\"]*\")" //
			+ "|(?<number>[0-9]+(?:\\.[0-9]+)?)" //
			+ "|(?<mark>::|:=|\\.\\.|=>|\\$[0-9]+|[()\\[\\].,;:])" //
			+ "|(?<operator>[+\\-*/<>=~!@#%^&|`?]+)");

	private final List<String> texts = new ArrayList<>();

	private final List<Kind> kinds = new ArrayList<>();

	SqlTokens(String source) {
		Matcher token = TOKEN.matcher(source);
		int end = 0;
		while (token.find() && token.start() == end) {
			end = token.end();
			add(token);
		}
		if (end < source.length()) {
			throw new IllegalArgumentException(source.substring(end));
		}
	}

	private void add(Matcher token) {
		for (Kind kind : Kind.values()) {
			if (token.group(kind.name().toLowerCase(Locale.ROOT)) != null) {
				this.kinds.add(kind);
				this.texts.add((kind == Kind.WORD) ? token.group().toLowerCase(Locale.ROOT) : token.group());
			}
		}
	}

	int size() {
		return this.texts.size();
	}

	/**
	 * Returns a token, which is empty before the first one and after the last one.
	 */
	String text(int index) {
		return (index >= 0 && index < size()) ? this.texts.get(index) : "";
	}

	boolean is(int index, Kind kind) {
		return index >= 0 && index < size() && this.kinds.get(index) == kind;
	}

	String around(int index) {
		return String.join(" ", this.texts.subList(Math.max(0, index - 4), Math.min(size(), index + 5)));
	}

	/**
	 * What a token is.
	 */
	enum Kind {

		STRING, WORD, NUMBER, MARK, OPERATOR

	}

}
