package io.github.pgdispatch.handler;

import java.util.Locale;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The application's Jackson, with its modules, mix-ins and names, set so that what it
 * writes is JSON that PostgreSQL takes and comes back as it was. Thread-safe; one is
 * enough for all methods.
 */
public final class LosslessMapper {

	private final JsonMapper mapper;

	private final ObjectReader treeReader;

	private LosslessMapper(JsonMapper mapper) {
		this.mapper = mapper;
		this.treeReader = mapper.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
	}

	/**
	 * Derives a mapper from the application's, which stays as it is.
	 * @param application the application's mapper
	 * @return the mapper
	 */
	public static LosslessMapper of(JsonMapper application) {
		JsonMapper.Builder builder = application.rebuild();
		keepDatesAndTimes(builder);
		// A deployment may drop a property while jobs that have it wait.
		builder.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
				DeserializationFeature.FAIL_ON_IGNORED_PROPERTIES);
		// Otherwise 1.5 becomes 1 wherever an int is expected.
		builder.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
		// 1E+3 must not become 1000, which is of another scale and so not equal.
		builder.disable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN);
		// Without them it would not be JSON for PostgreSQL.
		builder.enable(JsonWriteFeature.WRITE_NAN_AS_STRINGS, JsonWriteFeature.QUOTE_PROPERTY_NAMES);
		// Names for responses, which reading need not expect: an argument has its name.
		builder.disable(SerializationFeature.WRAP_ROOT_VALUE, SerializationFeature.INDENT_OUTPUT);
		// An argument is read from the midst of an object.
		builder.disable(DeserializationFeature.UNWRAP_ROOT_VALUE, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
		// The default one is that of the machine, and the job may run on another.
		builder.defaultLocale(Locale.ROOT);
		return new LosslessMapper(builder.build());
	}

	/**
	 * Jackson converts dates and times to UTC, or to the application's time zone, when it
	 * reads them, and drops the region when it writes them: good for responses, whereas
	 * the method is to get what it was called with. As timestamps, they would have
	 * neither.
	 */
	private static void keepDatesAndTimes(JsonMapper.Builder builder) {
		builder.enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID);
		builder.disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE,
				DateTimeFeature.WRITE_DATES_WITH_CONTEXT_TIME_ZONE, DateTimeFeature.NORMALIZE_DESERIALIZED_ZONE_ID,
				DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS, DateTimeFeature.WRITE_DATE_KEYS_AS_TIMESTAMPS,
				DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS, DateTimeFeature.TRUNCATE_TO_MSECS_ON_READ,
				DateTimeFeature.TRUNCATE_TO_MSECS_ON_WRITE);
	}

	JavaType type(java.lang.reflect.Type type) {
		return this.mapper.constructType(type);
	}

	ObjectWriter writer(JavaType type) {
		return this.mapper.writerFor(type);
	}

	ObjectReader reader(JavaType type) {
		ObjectReader reader = this.mapper.readerFor(type);
		// In a type of the application's, that is for the application to say.
		return JsonShape.isStrict(type) ? reader.withoutFeatures(EnumFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL,
				EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE) : reader;
	}

	/**
	 * A parser that values can be read from by {@link #reader}.
	 */
	JsonParser parser(String json) {
		return this.mapper.createParser(json);
	}

	/**
	 * Reads JSON as it is, with all digits of its numbers.
	 */
	JsonNode tree(String json) {
		return this.treeReader.readValue(json);
	}

	/**
	 * Whether a JSON object has a property that a value would be written as.
	 * @param object the JSON object
	 * @param name of the property
	 * @param value the value
	 * @return whether it has; of numbers, what they amount to counts
	 */
	public boolean hasProperty(String object, String name, @Nullable Object value) {
		JsonNode property = tree(object).get(name);
		return property != null
				&& property.equals(LosslessMapper::compare, tree(this.mapper.writeValueAsString(value)));
	}

	private static int compare(JsonNode one, JsonNode other) {
		if (one.isNumber() && other.isNumber()) {
			return one.decimalValue().compareTo(other.decimalValue());
		}
		return one.equals(other) ? 0 : 1;
	}

}
