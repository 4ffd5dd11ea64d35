package io.github.pgdispatch.samples.operations;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an application tells Prometheus.
 *
 * @param labels those that all samples of a metric have, by the metric
 */
record Scrape(Map<String, Set<String>> labels) {

	private static final Pattern SAMPLE = Pattern.compile("^([A-Za-z_:][A-Za-z0-9_:]*)(?:\\{(.*)})? \\S+$",
			Pattern.MULTILINE);

	private static final Pattern LABEL = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)=\"(?:[^\"\\\\]|\\\\.)*\"");

	/**
	 * Those that Prometheus adds.
	 */
	private static final Set<String> OF_THE_TARGET = Set.of("instance", "job");

	static Scrape parse(String text) {
		Map<String, Set<String>> labels = new HashMap<>();
		SAMPLE.matcher(text)
			.results()
			.forEach((sample) -> labels.merge(sample.group(1), labels(sample), Scrape::common));
		return new Scrape(labels);
	}

	private static Set<String> labels(MatchResult sample) {
		String labels = (sample.group(2) != null) ? sample.group(2) : "";
		Set<String> names = LABEL.matcher(labels)
			.results()
			.map((label) -> label.group(1))
			.collect(Collectors.toCollection(HashSet::new));
		names.addAll(OF_THE_TARGET);
		return names;
	}

	private static Set<String> common(Set<String> one, Set<String> other) {
		one.retainAll(other);
		return one;
	}

}
