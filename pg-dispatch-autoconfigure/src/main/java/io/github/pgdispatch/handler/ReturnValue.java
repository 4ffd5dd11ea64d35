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
 * The value of a job, which its method returns and whoever waits for it gets, as JSON and
 * back. Thread-safe.
 */
public final class ReturnValue {

	private final JavaType type;

	private final LosslessMapper mapper;

	/**
	 * Prepares the values of a method.
	 * @param type of the values, which is that of a future or of a {@link DispatchResult}
	 * that the method returns
	 * @param mapper writes and reads them
	 */
	public ReturnValue(Type type, LosslessMapper mapper) {
		this.type = mapper.type(type);
		this.mapper = mapper;
	}

	/**
	 * Takes the value out of what a method has returned. Waits for a future that is not
	 * done.
	 * @param returned a future, a {@link DispatchResult}, or the value itself
	 * @return the value
	 * @throws InterruptedException if the thread is interrupted while it waits
	 * @throws Throwable what the future has failed with
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
	 * @param value that was {@linkplain #unwrap(Object) unwrapped}
	 * @return its JSON
	 * @throws tools.jackson.core.JacksonException if it cannot be written
	 */
	public String write(@Nullable Object value) {
		return this.mapper.writer(this.type).writeValueAsString(value);
	}

	/**
	 * Reads a value.
	 * @param json that {@link #write(Object)} has returned
	 * @return the value
	 * @throws tools.jackson.core.JacksonException if it is of another type
	 */
	public @Nullable Object read(String json) {
		return this.mapper.reader(this.type).readValue(json);
	}

	/**
	 * Reads rows. A property of a row's type has the value of the column of its name, or
	 * of its name with underscores.
	 * @param json an array of objects
	 * @return a collection or an array
	 * @throws tools.jackson.core.JacksonException if the rows are of another type
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
