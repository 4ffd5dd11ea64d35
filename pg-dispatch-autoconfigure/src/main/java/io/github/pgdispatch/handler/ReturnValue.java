package io.github.pgdispatch.handler;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

import io.github.pgdispatch.DispatchResult;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.jdbc.support.JdbcUtils;

/**
 * Writes the return value of a method as JSON, and reads it for the caller that waits for
 * it. Thread-safe.
 */
public final class ReturnValue {

	private final JavaType type;

	private final LosslessMapper mapper;

	/**
	 * Creates an instance for a method.
	 * @param type the type of the values in the future or {@link DispatchResult} that the
	 * method returns
	 * @param mapper the mapper that writes and reads the values
	 */
	public ReturnValue(Type type, LosslessMapper mapper) {
		this.type = mapper.type(type);
		this.mapper = mapper;
	}

	/**
	 * Returns the value in the return value of a method. Waits for a future that is not
	 * completed.
	 * @param returned a future, a {@link DispatchResult}, or the value itself
	 * @return the value
	 * @throws InterruptedException if the thread is interrupted while it waits
	 * @throws Throwable the exception of the future
	 */
	public static @Nullable Object unwrap(@Nullable Object returned) throws Throwable {
		Object future = (returned instanceof DispatchResult<?> result) ? result.future() : returned;
		try {
			return (future instanceof Future<?> value) ? value.get() : future;
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() != null) ? ex.getCause() : ex;
		}
	}

	/**
	 * Writes a value.
	 * @param value an {@linkplain #unwrap(Object) unwrapped} value
	 * @return the value as JSON
	 * @throws tools.jackson.core.JacksonException if the value cannot be written
	 */
	public String write(@Nullable Object value) {
		return this.mapper.writer(this.type).writeValueAsString(value);
	}

	/**
	 * Reads a value.
	 * @param json JSON that {@link #write(Object)} has returned
	 * @return the value
	 * @throws tools.jackson.core.JacksonException if the value has another type
	 */
	public @Nullable Object read(String json) {
		return this.mapper.reader(this.type).readValue(json);
	}

	/**
	 * Reads rows. The column {@code profile_id} is read as the property
	 * {@code profileId}, unless there is a column with the name of the property.
	 * @param json an array of objects
	 * @return a collection or an array of the rows
	 * @throws tools.jackson.core.JacksonException if the rows have another type
	 */
	public @Nullable Object readRows(String json) {
		JsonNode rows = this.mapper.tree(json);
		if (hasProperties(this.type.getContentType())) {
			rows.forEach(ReturnValue::addPropertyNames);
		}
		return this.mapper.reader(this.type).readValue(rows);
	}

	private static boolean hasProperties(@Nullable JavaType row) {
		return row != null && !row.getRawClass().getName().startsWith("java.") && !row.isTypeOrSubTypeOf(JsonNode.class)
				&& !row.isContainerType();
	}

	private static void addPropertyNames(JsonNode row) {
		if (row instanceof ObjectNode object) {
			for (Map.Entry<String, JsonNode> column : List.copyOf(object.properties())) {
				String property = JdbcUtils.convertUnderscoreNameToPropertyName(column.getKey());
				if (column.getKey().contains("_") && !object.has(property)) {
					object.set(property, column.getValue());
				}
			}
		}
	}

}
