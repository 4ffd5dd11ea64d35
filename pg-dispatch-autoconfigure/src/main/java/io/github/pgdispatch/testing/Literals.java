package io.github.pgdispatch.testing;

import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the literals of a command in a simple form: {@code 42} for
 * {@code ('42'::bigint)} and {@code 'Ada'} for {@code ('Ada'::pg_catalog.text)}. The
 * result is meant for people and for comparisons, and not for PostgreSQL.
 */
final class Literals {

	private static final Pattern LITERAL = Pattern.compile("\\((E?'((?:[^']|'')*+)')::([a-z_. ]+)\\)|\\((NULL)\\)");

	private static final Set<String> WITHOUT_QUOTES = Set.of("smallint", "integer", "bigint", "real",
			"double precision", "numeric", "boolean");

	private Literals() {
	}

	static String readable(String command) {
		return LITERAL.matcher(command).replaceAll((literal) -> Matcher.quoteReplacement(of(literal)));
	}

	private static String of(MatchResult literal) {
		if (literal.group(4) != null) {
			return literal.group(4);
		}
		return WITHOUT_QUOTES.contains(literal.group(3)) ? literal.group(2) : literal.group(1);
	}

}
