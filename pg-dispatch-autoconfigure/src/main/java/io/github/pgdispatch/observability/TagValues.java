package io.github.pgdispatch.observability;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * The values of a tag whose number nothing else bounds: the first ones are kept as they
 * are, and further ones are counted together. Thread-safe.
 */
final class TagValues {

	static final String NONE = "none";

	private static final String OTHER = "other";

	private final int max;

	private final Set<String> known = ConcurrentHashMap.newKeySet();

	/**
	 * Creates an instance.
	 * @param max the number of values that are kept, which simultaneous calls may exceed
	 */
	TagValues(int max) {
		this.max = max;
	}

	/**
	 * Returns what the tag has for a value.
	 */
	String tag(@Nullable String value) {
		if (value == null) {
			return NONE;
		}
		if (this.known.size() >= this.max && !this.known.contains(value)) {
			return OTHER;
		}
		this.known.add(value);
		return value;
	}

}
