package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;

/**
 * What a node of pg-dispatch has beyond what it needs.
 *
 * @param configurations further configuration classes
 * @param properties such as {@code pgdispatch.history.retention=7d}
 */
record NodeSettings(List<Class<?>> configurations, List<String> properties) {

	static final NodeSettings DEFAULT = new NodeSettings(List.of(), List.of());

}
