package io.github.pgdispatch.samples.operations;

import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A query in PromQL.
 *
 * @param expression the query
 */
record Query(String expression) {

	private static final Pattern STRING = Pattern.compile("\"[^\"]*\"");

	private static final Pattern RANGE = Pattern.compile("\\[[^]]*]");

	private static final Pattern MATCHERS = Pattern.compile("\\{([^}]*)}");

	private static final Pattern GROUPING = Pattern.compile("\\b(?:by|without|on|ignoring)\\s*\\(([^)]*)\\)");

	/**
	 * No unit of a duration, which follows a digit, and no function.
	 */
	private static final Pattern METRIC = Pattern
		.compile("(?<![A-Za-z0-9_:.])([A-Za-z_:][A-Za-z0-9_:]*)(?!\\s*\\(|\\w)");

	private static final Pattern LABEL = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)");

	private static final Set<String> OPERATORS = Set.of("and", "or", "unless", "bool", "offset");

	/**
	 * Returns the names of the metrics.
	 */
	Set<String> metrics() {
		String rest = GROUPING.matcher(MATCHERS.matcher(withoutValues()).replaceAll("")).replaceAll("");
		return names(METRIC, Stream.of(rest)).filter(Predicate.not(OPERATORS::contains)).collect(Collectors.toSet());
	}

	/**
	 * Returns the names of the labels in matchers and groupings.
	 */
	Set<String> labels() {
		String query = withoutValues();
		Stream<String> lists = Stream.of(MATCHERS, GROUPING).flatMap((pattern) -> names(pattern, Stream.of(query)));
		return names(LABEL, lists).collect(Collectors.toSet());
	}

	private String withoutValues() {
		return RANGE.matcher(STRING.matcher(this.expression).replaceAll("")).replaceAll("");
	}

	private static Stream<String> names(Pattern pattern, Stream<String> texts) {
		return texts.flatMap((text) -> pattern.matcher(text).results()).map((match) -> match.group(1));
	}

}
