package io.github.pgdispatch.handler;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;

/**
 * Finds out whether the properties of the classes in an argument have changed since it
 * was stored. A property that was removed is no problem, and neither is one that was
 * added and may be missing. But a property that was renamed, so that one is unknown and
 * another one is missing in the same object, would lose its value.
 */
final class PropertyCheck {

	private final JavaType type;

	private final LosslessMapper mapper;

	PropertyCheck(JavaType type, LosslessMapper mapper) {
		this.type = type;
		this.mapper = mapper;
	}

	/**
	 * Finds a property whose value is lost.
	 * @param stored the stored argument
	 * @param value the value that was read from it
	 * @param unknown the properties that were unknown when it was read
	 * @return what is wrong, or {@code null} if nothing is lost
	 */
	@Nullable String findLoss(JsonNode stored, Object value, UnknownProperties unknown) {
		if (!unknown.isEmpty()) {
			String renamed = renamed(stored, this.mapper.completeTree(this.type, value), unknown);
			if (renamed != null) {
				return renamed;
			}
		}
		return isComplete(stored) ? null
				: added(stored, this.mapper.tree(this.mapper.writer(this.type).writeValueAsString(value)));
	}

	private boolean isComplete(JsonNode stored) {
		try {
			this.mapper.completeReader(this.type).readValue(stored);
			return true;
		}
		catch (JacksonException ex) {
			return false;
		}
	}

	private static @Nullable String renamed(JsonNode stored, JsonNode complete, UnknownProperties unknown) {
		Set<String> notRead = difference(stored, complete);
		Set<String> missing = difference(complete, stored);
		Set<String> lost = new LinkedHashSet<>(notRead);
		lost.removeIf((name) -> !unknown.contains(name));
		// What is not written but known is an alias of another property.
		int aliases = notRead.size() - lost.size();
		if (!lost.isEmpty() && missing.size() > aliases) {
			return "the property '" + lost.iterator().next() + "' is unknown, and '" + missing.iterator().next()
					+ "' is missing. If the property was renamed, keep its old name with @JsonAlias";
		}
		return firstOf(stored, complete, (one, other) -> renamed(one, other, unknown));
	}

	private static @Nullable String added(JsonNode stored, JsonNode written) {
		for (String name : difference(written, stored)) {
			if (written.get(name).isNull()) {
				return "the property '" + name
						+ "' is missing. A property that is added while jobs wait must be an Optional or @Nullable";
			}
		}
		return firstOf(stored, written, PropertyCheck::added);
	}

	/**
	 * Returns the names of properties that only the first object has.
	 */
	private static Set<String> difference(JsonNode one, JsonNode other) {
		Set<String> names = new LinkedHashSet<>();
		if (one.isObject() && other.isObject()) {
			names.addAll(one.propertyNames());
			names.removeAll(other.propertyNames());
		}
		return names;
	}

	private static @Nullable String firstOf(JsonNode one, JsonNode other, Comparison comparison) {
		if (one.isObject() && other.isObject()) {
			return firstOf(one.propertyNames(), other::has,
					(name) -> comparison.compare(one.get(name), other.get(name)));
		}
		if (one.isArray() && other.isArray()) {
			Iterator<JsonNode> others = other.iterator();
			return firstOf(one.values(), (element) -> others.hasNext(),
					(element) -> comparison.compare(element, others.next()));
		}
		return null;
	}

	private static <E> @Nullable String firstOf(Collection<E> elements, Predicate<E> condition, Finder<E> finder) {
		for (E element : elements) {
			String found = condition.test(element) ? finder.find(element) : null;
			if (found != null) {
				return found;
			}
		}
		return null;
	}

	private interface Comparison {

		@Nullable String compare(JsonNode one, JsonNode other);

	}

	private interface Finder<E> {

		@Nullable String find(E element);

	}

}
