package io.github.pgdispatch.command;

import org.jspecify.annotations.Nullable;

/**
 * The values of the parameters of a command.
 */
@FunctionalInterface
public interface ParameterValues {

	/**
	 * Returns the value of a parameter.
	 * @param path the path of the parameter, such as {@code user.id}
	 * @return the value, which may be {@code null}
	 * @throws IllegalArgumentException if the parameter has no value
	 */
	@Nullable Object value(String path);

	/**
	 * Returns the values in an object. The segments of a path are resolved one after the
	 * other, each to the value of a key of a map or to a property, which is a getter of a
	 * bean, a component of a record, or a field.
	 * @param parameters a {@code Map}, a bean, a record or a Spring
	 * {@link org.springframework.jdbc.core.namedparam.SqlParameterSource}, whose SQL
	 * types are not used
	 * @return the values, which are read on demand
	 * @throws IllegalArgumentException if the object cannot have named values, such as
	 * {@code null}, a string, a number, a point in time, a duration, an array or a
	 * collection
	 */
	static ParameterValues of(Object parameters) {
		return new PathParameterValues(parameters);
	}

}
