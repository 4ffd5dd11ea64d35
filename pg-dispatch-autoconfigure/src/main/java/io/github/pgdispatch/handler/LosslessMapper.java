package io.github.pgdispatch.handler;

import java.util.Locale;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.AnnotationIntrospector;
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
 * A variant of the {@code JsonMapper} of the application, with its modules, mix-ins and
 * names. It writes JSON that PostgreSQL accepts, and reads values as they were written.
 * Thread-safe. One instance serves all methods.
 */
public final class LosslessMapper {

	private final JsonMapper mapper;

	private final JsonMapper completeMapper;

	private final ObjectReader treeReader;

	private LosslessMapper(JsonMapper mapper) {
		this.mapper = mapper;
		this.completeMapper = mapper.rebuild()
			.annotationIntrospector(AnnotationIntrospector.pair(new PropertyRules(),
					mapper.deserializationConfig().getAnnotationIntrospector()))
			.build();
		this.treeReader = mapper.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
	}

	/**
	 * Creates a mapper from that of the application, which is not changed.
	 * @param application the mapper of the application
	 * @return a new mapper
	 */
	public static LosslessMapper of(JsonMapper application) {
		JsonMapper.Builder builder = application.rebuild();
		keepDatesAndTimes(builder);
		// A deployment may remove a property while jobs that have it wait.
		builder.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
				DeserializationFeature.FAIL_ON_IGNORED_PROPERTIES);
		// Otherwise, 1.5 becomes 1 if an int is expected.
		builder.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
		// 1E+3 must not become 1000, which has another scale and is not equal.
		builder.disable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN);
		// Otherwise, PostgreSQL would not accept the JSON.
		builder.enable(JsonWriteFeature.WRITE_NAN_AS_STRINGS, JsonWriteFeature.QUOTE_PROPERTY_NAMES);
		// Meant for responses. An argument has the name of its parameter.
		builder.disable(SerializationFeature.WRAP_ROOT_VALUE, SerializationFeature.INDENT_OUTPUT);
		// An argument is read from inside an object.
		builder.disable(DeserializationFeature.UNWRAP_ROOT_VALUE, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
		// The default is that of the machine, and the job may run on another machine.
		builder.defaultLocale(Locale.ROOT);
		builder.addHandler(new UnknownProperties.Handler());
		return new LosslessMapper(builder.build());
	}

	/**
	 * Keeps the zones of dates and times. By default, Jackson converts them to UTC or to
	 * the time zone of the application when it reads them, and omits the region when it
	 * writes them. Timestamps would have neither. The method has to get the same values
	 * with which it was called.
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
		return reader(this.mapper, type);
	}

	/**
	 * Creates a reader that refuses to read a value without a property that must not be
	 * missing.
	 */
	ObjectReader completeReader(JavaType type) {
		return reader(this.completeMapper, type);
	}

	private static ObjectReader reader(JsonMapper mapper, JavaType type) {
		ObjectReader reader = mapper.readerFor(type);
		// The application decides about its own types.
		return JsonShape.isStrict(type) ? reader.withoutFeatures(EnumFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL,
				EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE) : reader;
	}

	/**
	 * Creates a parser from which {@link #reader} can read values.
	 */
	JsonParser parser(String json) {
		return this.mapper.createParser(json);
	}

	/**
	 * Reads JSON with all digits of its numbers.
	 */
	JsonNode tree(String json) {
		return this.treeReader.readValue(json);
	}

	/**
	 * Writes a value with all its properties, even if the application leaves some out.
	 */
	JsonNode completeTree(JavaType type, Object value) {
		return tree(this.completeMapper.writerFor(type).writeValueAsString(value));
	}

	/**
	 * Returns the maximum depth of JSON that can be read.
	 */
	int maxDepth() {
		return this.mapper.tokenStreamFactory().streamReadConstraints().getMaxNestingDepth();
	}

	/**
	 * Writes a value.
	 * @param value a value that is not an argument or a return value of a method
	 * @return the value as JSON
	 * @throws tools.jackson.core.JacksonException if the value cannot be written
	 */
	public String write(Object value) {
		return this.mapper.writeValueAsString(value);
	}

	/**
	 * Reads a value.
	 * @param json JSON that {@link #write(Object)} has returned
	 * @param type the class of the value
	 * @param <T> the type of the value
	 * @return the value
	 * @throws tools.jackson.core.JacksonException if the JSON does not fit the class
	 */
	public <T> T read(String json, Class<T> type) {
		return this.mapper.readValue(json, type);
	}

	/**
	 * Returns whether a property of a JSON object equals a value as it would be written.
	 * @param object the JSON object
	 * @param name the name of the property
	 * @param value the value
	 * @return whether the property equals the value; numbers are equal if their values
	 * are
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
