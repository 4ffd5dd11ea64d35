package io.github.pgdispatch.handler;

import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;

/**
 * Which kinds of JSON and which numbers stand where in the JSON of a Java type: what a
 * value keeps when it is read and written again, and loses when Jackson has turned it
 * into something else, as it does with {@code "12"} for a number or {@code 12} for a
 * {@link java.time.Duration}. It does not depend on an order, which a set does not have.
 *
 * <p>
 * Only for Java's own types and enums. What a type of the application's accepts is up to
 * the application: it may well read what it was written as in former times.
 */
final class JsonShape {

	private final Set<Part> parts = new HashSet<>();

	private JsonShape() {
	}

	/**
	 * Whether the shape of a type's values must not be lost: whether it, and what it
	 * contains, are Java's own or enums.
	 */
	static boolean isStrict(JavaType type) {
		if (type.isPrimitive() || type.isEnumType()) {
			return true;
		}
		JavaType content = content(type);
		return (type.isArrayType() || type.getRawClass().getName().startsWith("java."))
				&& (content == null || isStrict(content));
	}

	static JsonShape of(JavaType type, JsonNode json) {
		JsonShape shape = new JsonShape();
		shape.add(type, json, 0);
		return shape;
	}

	private void add(JavaType type, JsonNode json, int depth) {
		JavaType content = content(type);
		if (content != null && type.isReferenceType()) {
			add(content, json, depth);
		}
		else if (content != null && json.isContainer()) {
			this.parts.add(new Part(depth, json.getNodeType()));
			for (JsonNode element : json.values()) {
				add(content, element, depth + 1);
			}
		}
		else {
			this.parts
				.add(new Part(depth, json.isNumber() ? json.decimalValue().stripTrailingZeros() : json.getNodeType()));
		}
	}

	private static @Nullable JavaType content(JavaType type) {
		return (type.isContainerType() || type.isReferenceType()) ? type.getContentType() : null;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof JsonShape shape && this.parts.equals(shape.parts);
	}

	@Override
	public int hashCode() {
		return this.parts.hashCode();
	}

	private record Part(int depth, Object kind) {

	}

}
