package io.github.pgdispatch.command;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Writes one Java array, which has one or more dimensions, as {@code ARRAY[…]}. Unlike
 * {@code '{…}'}, this does not need a second kind of quoting, and {@code NULL} does not
 * depend on the setting {@code array_nulls}.
 */
final class ArraySql {

	private static final int MAX_DIMENSIONS = 6;

	private final ScalarTypes scalars;

	private final List<Integer> lengths = new ArrayList<>();

	private final StringBuilder sql = new StringBuilder("(ARRAY");

	private @Nullable String elementType;

	ArraySql(ScalarTypes scalars) {
		this.scalars = scalars;
	}

	/**
	 * Returns whether a value becomes an SQL array, as all Java arrays except
	 * {@code byte[]} do.
	 */
	static boolean isArray(Class<?> type) {
		return type.isArray() && type != byte[].class;
	}

	String write(Object array) {
		this.elementType = declaredElementType(array.getClass());
		measure(array);
		boolean empty = this.lengths.get(this.lengths.size() - 1) == 0;
		int beforeElements = this.sql.length();
		writeRow(array, 0);
		if (empty) {
			this.sql.replace(beforeElements, this.sql.length(), "[]");
		}
		if (this.elementType == null) {
			throw new IllegalArgumentException("the type of the elements of this " + array.getClass().getSimpleName()
					+ " is unknown. Pass an array of a more specific type, such as String[]");
		}
		return this.sql.append("::").append(this.elementType).append("[])").toString();
	}

	private @Nullable String declaredElementType(Class<?> arrayType) {
		Class<?> type = arrayType;
		while (isArray(type)) {
			type = type.getComponentType();
		}
		ScalarType<?> scalar = this.scalars.find(ClassUtils.resolvePrimitiveIfNecessary(type));
		return (scalar != null) ? scalar.sqlType() : null;
	}

	private void measure(Object array) {
		Object first = array;
		while (first != null && isArray(first.getClass())) {
			int length = Array.getLength(first);
			this.lengths.add(length);
			if (this.lengths.size() > MAX_DIMENSIONS) {
				throw new IllegalArgumentException("a PostgreSQL array has at most 6 dimensions");
			}
			first = (length > 0) ? Array.get(first, 0) : null;
		}
	}

	private void writeRow(Object array, int depth) {
		int length = Array.getLength(array);
		if (length != this.lengths.get(depth)) {
			throw notRectangular();
		}
		boolean innermost = depth + 1 == this.lengths.size();
		boolean ofArrays = isArray(array.getClass().getComponentType());
		this.sql.append('[');
		for (int i = 0; i < length; i++) {
			if (i > 0) {
				this.sql.append(',');
			}
			Object element = Array.get(array, i);
			boolean isRow = element != null && isArray(element.getClass());
			if (isRow == innermost || (element == null && ofArrays)) {
				throw notRectangular();
			}
			if (element == null) {
				this.sql.append("NULL");
			}
			else if (isRow) {
				writeRow(element, depth + 1);
			}
			else {
				writeElement(this.scalars.literal(element));
			}
		}
		this.sql.append(']');
	}

	private void writeElement(Literal element) {
		if (this.elementType == null && !element.type().endsWith("[]")) {
			this.elementType = element.type();
		}
		if (!element.type().equals(this.elementType)) {
			throw new IllegalArgumentException(
					"the elements of an array must have one SQL type that is not an array, but have "
							+ ((this.elementType != null) ? this.elementType + " and " : "") + element.type());
		}
		this.sql.append(element.quoted());
	}

	private IllegalArgumentException notRectangular() {
		return new IllegalArgumentException("the rows of an array must have equal lengths, and must not be null");
	}

}
