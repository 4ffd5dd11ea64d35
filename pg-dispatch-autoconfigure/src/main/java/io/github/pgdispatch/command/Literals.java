package io.github.pgdispatch.command;

import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Writes values as SQL literals.
 */
final class Literals {

	private final ScalarTypes scalars = new ScalarTypes();

	/**
	 * Writes the value of a parameter as an expression or a list of expressions.
	 * @param parameter the path of the parameter
	 * @param value the value
	 * @return the SQL of the value
	 * @throws IllegalArgumentException if the value cannot be written. The message names
	 * the parameter, but does not show the value, which may be secret
	 */
	String render(String parameter, @Nullable Object value) {
		try {
			return (value instanceof Collection<?> values) ? list(values) : expression(value);
		}
		catch (IllegalArgumentException | DateTimeException ex) {
			throw new IllegalArgumentException(
					"Parameter ':" + parameter + "' cannot be written as SQL: " + ex.getMessage() + ".", ex);
		}
	}

	private String list(Collection<?> values) {
		List<String> expressions = new ArrayList<>();
		for (Object value : values) {
			if (value instanceof Collection) {
				throw new IllegalArgumentException("it is a collection of collections. Pass an array for an SQL array");
			}
			expressions.add(expression(value));
		}
		if (expressions.isEmpty()) {
			throw new IllegalArgumentException("it is an empty collection, and SQL has no empty list."
					+ " Pass an array and write = ANY (:name) instead of IN");
		}
		return String.join(", ", expressions);
	}

	private String expression(@Nullable Object value) {
		if (value == null) {
			return "(NULL)";
		}
		if (value instanceof Optional) {
			throw new IllegalArgumentException("it is an Optional. Pass its value, as in optional.orElse(null)");
		}
		if (ArraySql.isArray(value.getClass())) {
			return new ArraySql(this.scalars).write(value);
		}
		return this.scalars.literal(value).sql();
	}

}
