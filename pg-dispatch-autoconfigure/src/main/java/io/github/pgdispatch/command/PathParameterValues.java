package io.github.pgdispatch.command;

import java.time.temporal.TemporalAmount;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.jdbc.core.namedparam.SimplePropertySqlParameterSource;
import org.springframework.jdbc.core.namedparam.SqlParameterSource;

/**
 * Values that are found by following a path from an object to its properties.
 */
final class PathParameterValues implements ParameterValues {

	private final Object root;

	PathParameterValues(@Nullable Object root) {
		if (root == null || isValue(root)) {
			throw new IllegalArgumentException(
					"The parameters are " + ((root != null) ? "a value of " + root.getClass() : "null")
							+ ". Pass a Map, a bean, a record or a SqlParameterSource that has the values by name.");
		}
		this.root = root;
	}

	private static boolean isValue(Object object) {
		return BeanUtils.isSimpleProperty(object.getClass()) || object.getClass().isArray()
				|| object instanceof Collection || object instanceof TemporalAmount || object instanceof Optional;
	}

	@Override
	public @Nullable Object value(String path) {
		if (this.root instanceof SqlParameterSource source && source.hasValue(path)) {
			return source.getValue(path);
		}
		Object value = this.root;
		int end = -1;
		do {
			if (value == null) {
				throw missing(path, "'" + path.substring(0, end) + "' is null");
			}
			int start = end + 1;
			end = path.indexOf('.', start);
			value = step(path, value, (end < 0) ? path.substring(start) : path.substring(start, end));
		}
		while (end >= 0);
		return value;
	}

	private @Nullable Object step(String path, Object object, String name) {
		if (object instanceof Map<?, ?> map) {
			if (!map.containsKey(name)) {
				throw missing(path, "the map has no key '" + name + "'. Its keys are " + map.keySet());
			}
			return map.get(name);
		}
		if (object instanceof SqlParameterSource source) {
			if (!source.hasValue(name)) {
				String[] names = source.getParameterNames();
				throw missing(path, "the SqlParameterSource has no '" + name + "'"
						+ ((names != null) ? ". Its names are " + Arrays.toString(names) : ""));
			}
			return source.getValue(name);
		}
		return property(path, object, name);
	}

	private @Nullable Object property(String path, Object object, String name) {
		SqlParameterSource properties = new SimplePropertySqlParameterSource(object);
		if (!properties.hasValue(name)) {
			throw missing(path, object.getClass() + " has no property '" + name + "'");
		}
		try {
			return properties.getValue(name);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException("Parameter ':" + path + "' has no value: property '" + name + "' of "
					+ object.getClass() + " cannot be read", ex);
		}
	}

	private IllegalArgumentException missing(String path, String reason) {
		return new IllegalArgumentException("Parameter ':" + path + "' has no value: " + reason + ".");
	}

}
