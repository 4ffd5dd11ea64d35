package io.github.pgdispatch.testing;

import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The literals in a command, as a person would write them: {@code 42} for
 * {@code ('42'::bigint)} and {@code 'Ada'} for {@code ('Ada'::pg_catalog.text)}. For
 * people to read and to compare with, not for PostgreSQL to run.
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
