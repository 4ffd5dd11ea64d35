package io.github.pgdispatch.handler;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.exc.MismatchedInputException;

import org.springframework.core.GenericTypeResolver;
import org.springframework.util.Assert;

/**
 * Writes and reads the arguments for one parameter.
 */
final class Argument {

	private final String name;

	private final Method method;

	private final int index;

	private final Parameter parameter;

	private final JavaType type;

	private final LosslessMapper mapper;

	private final ObjectWriter writer;

	private final ObjectReader reader;

	private final ObjectReader strictReader;

	private final boolean isTypeExact;

	private final boolean isWholeNumber;

	Argument(String name, Method method, int index, Class<?> implementation, LosslessMapper mapper) {
		this.name = name;
		this.method = method;
		this.index = index;
		this.parameter = method.getParameters()[index];
		this.type = mapper.type(GenericTypeResolver.resolveType(this.parameter.getParameterizedType(), implementation));
		Class<?> entity = Entities.findIn(this.type);
		Assert.isTrue(entity == null, () -> "Parameter '" + name + "' of " + method.toGenericString()
				+ " cannot be stored: " + entityRefused(entity));
		this.isTypeExact = Entities.isTypeExact(this.type);
		this.mapper = mapper;
		this.writer = mapper.writer(this.type);
		this.reader = mapper.reader(this.type);
		this.isWholeNumber = WholeNumbers.areKept(this.type, this.writer, this.reader);
		this.strictReader = mapper.completeReader(this.type).with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
	}

	private static String entityRefused(@Nullable Class<?> entity) {
		return ((entity != null) ? entity.getName() : null)
				+ " is a JPA entity, which would be out of date when the job runs. Pass its id and load it then.";
	}

	String name() {
		return this.name;
	}

	int index() {
		return this.index;
	}

	String write(@Nullable Object value) {
		if (this.isWholeNumber && value != null) {
			return value.toString();
		}
		Class<?> entity = (value != null && !this.isTypeExact) ? Entities.findIn(value) : null;
		if (entity != null) {
			throw refused(entityRefused(entity), null);
		}
		String json;
		try {
			json = this.writer.writeValueAsString(value);
		}
		catch (RuntimeException ex) {
			throw refused("Jackson cannot write it" + where(ex)
					+ ". Pass an id, a record or anything else that Jackson writes and reads.", ex);
		}
		if (!StandardCharsets.UTF_8.newEncoder().canEncode(json)) {
			throw refused("it contains an unpaired surrogate, which PostgreSQL cannot store. Remove it.", null);
		}
		requireSame(value, json);
		return json;
	}

	/**
	 * Also applies to strings, because the application may have its own deserializer, for
	 * example one that strips them. The check takes a microsecond, while the insertion of
	 * the row takes about a hundred.
	 */
	private void requireSame(@Nullable Object value, String json) {
		Object copy;
		try {
			copy = this.reader.readValue(json);
		}
		catch (RuntimeException ex) {
			throw refused("Jackson writes it, but cannot read it again as " + typeName() + where(ex)
					+ ". Declare a type that Jackson can create, such as a record.", ex);
		}
		if (!Objects.deepEquals(value, copy)) {
			throw refused("it changes when it is written as JSON and read again (" + describe(value, copy)
					+ "). Declare a more specific type, which needs to have equals(), or pass an id.", null);
		}
	}

	private String describe(@Nullable Object value, @Nullable Object copy) {
		String before = (value != null) ? value.getClass().getName() : "null";
		String after = (copy != null) ? copy.getClass().getName() : "null";
		return before.equals(after) ? "another " + before : "a " + before + " as a " + after;
	}

	/**
	 * Reads the value at the position of the parser, if it has exactly the properties of
	 * its type.
	 * @param parser the parser
	 * @param arguments the JSON object of all arguments
	 * @return the argument
	 */
	@Nullable Object readExactly(JsonParser parser, Supplier<JsonNode> arguments) {
		return read(parser, arguments, this.strictReader);
	}

	/**
	 * Reads the value at the position of the parser, whose properties may have changed
	 * since it was stored, as long as none of them is lost.
	 * @param parser the parser
	 * @param arguments the JSON object of all arguments
	 * @return the argument
	 */
	@Nullable Object read(JsonParser parser, Supplier<JsonNode> arguments) {
		UnknownProperties unknown = new UnknownProperties();
		Object value = read(parser, arguments, unknown.remembering(this.reader));
		String loss = (value != null)
				? new PropertyCheck(this.type, this.mapper).findLoss(arguments.get().get(this.name), value, unknown)
				: null;
		if (loss != null) {
			throw mismatch(loss, null);
		}
		return value;
	}

	private @Nullable Object read(JsonParser parser, Supplier<JsonNode> arguments, ObjectReader reader) {
		JsonToken token = parser.currentToken();
		if (token == JsonToken.VALUE_NULL && this.type.isPrimitive()) {
			throw mismatch("it is null, but the parameter is of type " + typeName(), null);
		}
		Object value;
		boolean faithful;
		try {
			String digits = (token == JsonToken.VALUE_NUMBER_INT) ? parser.getString() : "";
			value = reader.readValue(parser);
			faithful = isFaithful(value, token, digits, arguments);
		}
		catch (RuntimeException ex) {
			throw mismatch("its JSON cannot be read as " + typeName() + where(ex), ex);
		}
		if (!faithful) {
			throw mismatch("its JSON does not represent a value of type " + typeName(), null);
		}
		return value;
	}

	private boolean isFaithful(@Nullable Object value, JsonToken token, String digits, Supplier<JsonNode> arguments) {
		if (value == null) {
			return token == JsonToken.VALUE_NULL;
		}
		if (!JsonShape.isStrict(this.type) || isSame(value, token, digits)) {
			return true;
		}
		JsonNode stored = arguments.get().get(this.name);
		JsonNode again = this.mapper.tree(this.writer.writeValueAsString(value));
		return JsonShape.of(this.type, stored).equals(JsonShape.of(this.type, again));
	}

	/**
	 * Returns whether a value obviously is the stored one, which is the case for most
	 * values. It does not have to be written and read again then.
	 */
	private static boolean isSame(Object value, JsonToken token, String digits) {
		return switch (token) {
			case VALUE_STRING -> value instanceof String;
			case VALUE_NUMBER_INT ->
				(value instanceof Long || value instanceof Integer) && value.toString().equals(digits);
			case VALUE_TRUE, VALUE_FALSE -> value instanceof Boolean;
			default -> false;
		};
	}

	/**
	 * Returns the value of an argument that was not stored.
	 * @param unknown the name of a stored argument that the method does not have, or
	 * {@code null} if there is none
	 */
	@Nullable Object missing(@Nullable String unknown) {
		boolean optional = this.type.hasRawClass(Optional.class);
		if (!optional && !Nullability.isNullable(this.parameter)) {
			throw mismatch("it is missing. A parameter that is added while jobs wait must be an Optional or @Nullable",
					null);
		}
		if (unknown != null) {
			throw mismatch("it is missing, and the stored argument '" + unknown + "' is unknown, so that the parameter"
					+ " may have been renamed. Keep the old name as long as jobs wait", null);
		}
		return optional ? Optional.empty() : null;
	}

	private String typeName() {
		return this.type.toCanonical();
	}

	private IllegalArgumentException refused(String reason, @Nullable Throwable cause) {
		return new IllegalArgumentException(
				"Argument '" + this.name + "' of " + this.method.toGenericString() + " cannot be stored: " + reason,
				cause);
	}

	private ArgumentMismatchException mismatch(String reason, @Nullable Throwable cause) {
		return new ArgumentMismatchException(
				"Argument '" + this.name + "' does not fit " + this.method.toGenericString() + ": " + reason + ".",
				cause);
	}

	/**
	 * Describes the place of an error inside the value. The messages of Jackson would
	 * show the value.
	 */
	private static String where(RuntimeException ex) {
		StringBuilder where = new StringBuilder();
		if (ex instanceof JacksonException jackson) {
			for (JacksonException.Reference reference : jackson.getPath()) {
				String property = reference.getPropertyName();
				where.append((property != null) ? "." + property : "[" + reference.getIndex() + "]");
			}
		}
		if (where.isEmpty()) {
			return "";
		}
		String type = (ex instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null)
				? ", of type " + mismatch.getTargetType().getName() : "";
		return " (at " + where + type + ")";
	}

}
