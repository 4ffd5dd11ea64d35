package io.github.pgdispatch.handler;

import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;

/**
 * The kinds of JSON and the numbers of a value, with their depths. They stay the same
 * when the value is read and written again, unless Jackson has converted it. For example,
 * Jackson converts {@code "12"} to a number and {@code 12} to a
 * {@link java.time.Duration}. The order does not matter, because a set has none.
 *
 * <p>
 * This applies to Java's own types and to enums. The application decides what its own
 * types accept, because they may read an older form.
 */
final class JsonShape {

	private final Set<Part> parts = new HashSet<>();

	private JsonShape() {
	}

	/**
	 * Returns whether the shape of values of a type must stay the same, which is the case
	 * if the type and its content are Java's own types or enums.
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
