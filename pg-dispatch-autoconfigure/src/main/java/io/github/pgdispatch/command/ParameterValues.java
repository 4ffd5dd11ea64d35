package io.github.pgdispatch.command;

import org.jspecify.annotations.Nullable;

/**
 * The values of a command's parameters.
 */
@FunctionalInterface
public interface ParameterValues {

	/**
	 * The value of a parameter.
	 * @param path of the parameter, such as {@code user.id}
	 * @return the value, which may be {@code null}
	 * @throws IllegalArgumentException if there is none
	 */
	@Nullable Object value(String path);

	/**
	 * Finds values in an object. The segments of a path are resolved one after the other,
	 * each to the value of a map's key or to a property: a bean's getter, a record's
	 * component or a field.
	 * @param parameters a {@code Map}, a bean, a record or a Spring
	 * {@link org.springframework.jdbc.core.namedparam.SqlParameterSource}, whose SQL
	 * types are not used
	 * @return the values, read when they are asked for
	 * @throws IllegalArgumentException if the object cannot have named values: if it is
	 * {@code null}, a string, a number, a point in time, a duration, an array or a
	 * collection, say
	 */
	static ParameterValues of(Object parameters) {
		return new PathParameterValues(parameters);
	}

}
