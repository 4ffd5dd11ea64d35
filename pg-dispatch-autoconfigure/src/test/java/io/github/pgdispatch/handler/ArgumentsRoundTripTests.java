package io.github.pgdispatch.handler;

import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;
import tools.jackson.databind.ser.std.ToStringSerializer;

import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A call gets what it was made with.
 */
class ArgumentsRoundTripTests {

	private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

	private static final Profile PROFILE = new Profile(7, "Zoë \"Z\" 🦆\n\0", LocalDate.of(2000, 2, 29));

	private final Locale locale = Locale.getDefault();

	private final TimeZone timeZone = TimeZone.getDefault();

	private MethodArguments arguments = new MethodArguments(Methods.class);

	@AfterEach
	void restoreDefaults() {
		Locale.setDefault(this.locale);
		TimeZone.setDefault(this.timeZone);
	}

	@Test
	void jsonIsAnObjectOfNamesAndValues() {
		assertThat(this.arguments.write("primitives", true, (byte) 1, (short) 2, 3, 4L, 1.5f, -0.0, 'x'))
			.isEqualTo("{\"a\":true,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\"f\":1.5,\"g\":-0.0,\"h\":\"x\"}");
		assertThat(this.arguments.write("nothing")).isEqualTo("{}");
		assertThat(this.arguments.read("nothing", "{}")).isEmpty();
	}

	@Test
	void primitives() {
		assertComesBack("primitives", true, Byte.MIN_VALUE, Short.MIN_VALUE, Integer.MIN_VALUE, Long.MIN_VALUE,
				Float.MIN_VALUE, Double.MIN_VALUE, '\0');
		assertComesBack("primitives", false, Byte.MAX_VALUE, Short.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE,
				Float.MAX_VALUE, Double.MAX_VALUE, 'ß');
		assertComesBack("primitives", false, (byte) 0, (short) 0, 0, 0L, -0.0f, -0.0, '"');
		assertComesBack("primitives", false, (byte) 0, (short) 0, 0, 0L, 0.1f, 0.1, ' ');
		assertComesBack("primitives", false, (byte) 0, (short) 0, 0, 0L, Float.NaN, Double.NaN, ' ');
		assertComesBack("primitives", false, (byte) 0, (short) 0, 0, 0L, Float.NEGATIVE_INFINITY,
				Double.POSITIVE_INFINITY, ' ');
		assertComesBack("wrappers", Integer.MIN_VALUE, Long.MAX_VALUE, 1e300, true);
	}

	@Test
	void nulls() {
		assertComesBack("wrappers", null, null, null, null);
		assertComesBack("values", null, null, null, null, null);
		assertComesBack("containers", null, null, null, null);
	}

	@Test
	void values() {
		assertComesBack("values", "Zoë \"Z\" 🦆\n\0", UUID.randomUUID(), DayOfWeek.MONDAY, new BigDecimal("1.50"),
				BigInteger.TEN.pow(100));
		assertComesBack("values", "", new UUID(0, 0), DayOfWeek.SUNDAY, new BigDecimal("1E+3"), BigInteger.ZERO);
		assertComesBack("values", "12", new UUID(0, 0), DayOfWeek.SUNDAY,
				new BigDecimal("12345678901234567890.12345678901234567890"), BigInteger.ZERO);
	}

	@Test
	void datesAndTimes() {
		assertComesBack("dates", LocalDate.of(2024, 2, 29), LocalTime.of(23, 59, 59, 999_999_999),
				LocalDateTime.of(1, 1, 1, 0, 0), Year.of(2024), YearMonth.of(2024, 2), Period.of(1, 2, 3),
				Duration.ofSeconds(-1, 999_999_999));
		assertComesBack("instants", Instant.parse("2024-02-29T12:00:00.123456789Z"), new Date(1), null, null, null);
	}

	@Test
	void offsetsAndRegions() {
		OffsetDateTime offset = OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4, ZoneOffset.ofHoursMinutes(5, 45));
		OffsetTime time = OffsetTime.of(1, 2, 3, 4, ZoneOffset.ofHours(-11));
		ZonedDateTime region = ZonedDateTime.of(2024, 2, 29, 1, 2, 3, 4, BERLIN);
		ZonedDateTime overlap = ZonedDateTime.of(2024, 10, 27, 2, 30, 0, 0, BERLIN).withLaterOffsetAtOverlap();
		for (ZonedDateTime zoned : List.of(region, overlap, region.withZoneSameInstant(ZoneId.of("UTC")),
				region.withZoneSameInstant(ZoneOffset.UTC), region.withFixedOffsetZone())) {
			assertComesBack("instants", null, null, offset, time, zoned);
		}
	}

	@Test
	void offsetsAndRegionsWhateverTheApplicationDoesWithThem() {
		this.arguments = new MethodArguments(Methods.class,
				JsonMapper.builder()
					.enable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS, DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS,
							DateTimeFeature.WRITE_DATES_WITH_CONTEXT_TIME_ZONE,
							DateTimeFeature.TRUNCATE_TO_MSECS_ON_WRITE, DateTimeFeature.TRUNCATE_TO_MSECS_ON_READ)
					.disable(DateTimeFeature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)
					.defaultTimeZone(TimeZone.getTimeZone("Asia/Tokyo"))
					.build());
		offsetsAndRegions();
		datesAndTimes();
	}

	@Test
	void containers() {
		Map<DayOfWeek, List<Profile>> map = new LinkedHashMap<>();
		map.put(DayOfWeek.TUESDAY, List.of(PROFILE, PROFILE));
		map.put(DayOfWeek.MONDAY, List.of());
		assertComesBack("containers", List.of(PROFILE), Set.of(3L, 1L, 2L), map, new Profile[] { PROFILE, null });
		assertComesBack("containers", List.of(), Set.of(), Map.of(), new Profile[0]);
		assertComesBack("arrays", new int[][] { { 1 }, {} }, new byte[] { -1, 0 }, new char[] { 'a', 'b' },
				new String[] { "a", null });
		assertComesBack("ofObjects", Map.of("a", List.of(1, "b", 1.5, true)), List.of(Map.of()));
	}

	@Test
	void optionals() {
		assertComesBack("optionals", Optional.of(PROFILE), Optional.of(List.of(1L)));
		assertComesBack("optionals", Optional.empty(), Optional.empty());
	}

	@Test
	void sealedTypes() {
		assertComesBack("sealed", new Circle(1.5), List.of(new Square(2), new Circle(1)));
	}

	@Test
	void typeVariables() {
		Method inherited = ReflectionUtils.findMethod(ProfileHandler.class, "handle", (Class<?>[]) null);
		assertThat(inherited.getDeclaringClass()).isEqualTo(GenericHandler.class);
		Arguments arguments = Arguments.of(inherited, ProfileHandler.class, LosslessMapper.of(new JsonMapper()));
		Object[] call = { PROFILE, List.of(PROFILE) };
		assertThat(arguments.read(arguments.write(call), MethodArguments.CONTEXT)).isEqualTo(call);
	}

	@Test
	void typesInThemselves() {
		assertThat(this.arguments.write("inItself", List.of())).isEqualTo("{\"list\":[]}");
	}

	@Test
	void contextIsNotStoredButGiven() {
		assertThat(this.arguments.write("context", "a", null, 1L)).isEqualTo("{\"name\":\"a\",\"id\":1}");
		DispatchContext other = new TestDispatchContext();
		assertThat(this.arguments.writeAndRead("context", "a", other, 1L)).containsExactly("a", MethodArguments.CONTEXT,
				1L);
		assertThat(this.arguments.read("context", "{\"name\":\"a\",\"id\":1,\"context\":{\"jobId\":3}}"))
			.containsExactly("a", MethodArguments.CONTEXT, 1L);
	}

	@Test
	void localeAndTimeZoneOfTheWriterDoNotMatter() {
		Object[] instants = { Instant.parse("2024-12-31T23:30:00Z"), new Date(1), null, null,
				ZonedDateTime.of(2024, 10, 27, 2, 30, 0, 0, BERLIN) };
		Object[] dates = { LocalDate.of(2024, 3, 31), LocalTime.of(2, 30), LocalDateTime.of(2024, 3, 31, 2, 30), null,
				null, null, null };
		Object[] formatted = { new Formatted(LocalDate.of(2024, 3, 31)), 1.5 };
		useDefaults(Locale.forLanguageTag("ar-EG"), "Pacific/Kiritimati");
		String writtenInstants = new MethodArguments(Methods.class).write("instants", instants);
		String writtenDates = new MethodArguments(Methods.class).write("dates", dates);
		String writtenFormatted = new MethodArguments(Methods.class).write("formatted", formatted);
		useDefaults(Locale.forLanguageTag("tr-TR"), "Europe/Berlin");
		MethodArguments others = new MethodArguments(Methods.class);
		assertThat(others.read("instants", writtenInstants)).isEqualTo(instants);
		assertThat(others.read("dates", writtenDates)).isEqualTo(dates);
		assertThat(others.read("formatted", writtenFormatted)).isEqualTo(formatted);
	}

	@Test
	void modulesAndNamesOfTheApplication() {
		SimpleModule money = new SimpleModule("money").addSerializer(new MoneySerializer())
			.addDeserializer(Money.class, new MoneyDeserializer());
		this.arguments = new MethodArguments(Methods.class,
				JsonMapper.builder()
					.addModule(money)
					.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
					.addMixIn(Mixed.class, MixIn.class)
					.build());
		assertThat(this.arguments.write("ofTheApplication", new Money(150), new Mixed("a", "b")))
			.isEqualTo("{\"price\":\"150 cents\",\"mixedIn\":{\"renamed\":\"a\",\"second_name\":\"b\"}}");
		assertComesBack("ofTheApplication", new Money(150), new Mixed("a", "b"));
	}

	@Test
	void numbersThatTheApplicationWritesAsText() {
		SimpleModule module = new SimpleModule("longs").addSerializer(Long.class, ToStringSerializer.instance)
			.addSerializer(Long.TYPE, ToStringSerializer.instance)
			.addSerializer(BigDecimal.class, ToStringSerializer.instance);
		this.arguments = new MethodArguments(Methods.class, JsonMapper.builder().addModule(module).build());
		assertThat(this.arguments.write("context", "a", null, 1L)).isEqualTo("{\"name\":\"a\",\"id\":\"1\"}");
		assertComesBack("context", "a", MethodArguments.CONTEXT, 1L);
		assertComesBack("containers", List.of(PROFILE), Set.of(1L, 2L, 3L), Map.of(), new Profile[0]);
		assertComesBack("values", null, null, null, new BigDecimal("1.50"), null);
	}

	@Test
	void settingsForResponsesDoNotMatter() {
		this.arguments = new MethodArguments(Methods.class, JsonMapper.builder()
			.enable(SerializationFeature.WRAP_ROOT_VALUE, SerializationFeature.INDENT_OUTPUT)
			.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
			.enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
			.disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS, JsonWriteFeature.QUOTE_PROPERTY_NAMES)
			.build());
		values();
		primitives();
		assertThat(this.arguments.write("wrappers", 1, 2L, Double.NaN, true))
			.isEqualTo("{\"a\":1,\"b\":2,\"c\":\"NaN\",\"d\":true}");
		assertThat(this.arguments.write("formatted", new Formatted(LocalDate.EPOCH), 1.5))
			.isEqualTo("{\"formatted\":{\"date\":\"1 Jan 1970\"},\"number\":1.5}");
		assertThat(this.arguments.read("sealed", "{\"shape\":null,\"shapes\":[],\"gone\":{\"a\":[1]}}"))
			.containsExactly(null, List.of());
	}

	@Test
	void mapperOfTheApplicationStaysAsItIs() {
		JsonMapper application = new JsonMapper();
		LosslessMapper.of(application);
		assertThat(application.isEnabled(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)).isFalse();
		assertThat(application.isEnabled(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)).isTrue();
	}

	private void assertComesBack(String method, Object... arguments) {
		assertThat(this.arguments.writeAndRead(method, arguments)).isEqualTo(arguments);
	}

	private static void useDefaults(Locale locale, String timeZone) {
		Locale.setDefault(locale);
		TimeZone.setDefault(TimeZone.getTimeZone(timeZone));
	}

	interface Methods {

		void nothing();

		void primitives(boolean a, byte b, short c, int d, long e, float f, double g, char h);

		void wrappers(Integer a, Long b, Double c, Boolean d);

		void values(String text, UUID uuid, DayOfWeek day, BigDecimal decimal, BigInteger integer);

		void dates(LocalDate date, LocalTime time, LocalDateTime dateTime, Year year, YearMonth month, Period period,
				Duration duration);

		void instants(Instant instant, Date date, OffsetDateTime offset, OffsetTime time, ZonedDateTime region);

		void containers(List<Profile> list, Set<Long> set, Map<DayOfWeek, List<Profile>> map, Profile[] array);

		void arrays(int[][] numbers, byte[] bytes, char[] characters, String[] texts);

		void ofObjects(Map<String, Object> map, Object any);

		void optionals(Optional<Profile> profile, Optional<List<Long>> ids);

		void sealed(Shape shape, List<Shape> shapes);

		<T extends Comparable<T>> void inItself(List<T> list);

		void context(String name, DispatchContext context, long id);

		void formatted(Formatted formatted, double number);

		void ofTheApplication(Money price, Mixed mixedIn);

	}

	static class GenericHandler<T> {

		void handle(T one, List<T> several) {
		}

	}

	static class ProfileHandler extends GenericHandler<Profile> {

	}

	record Profile(long id, String name, LocalDate birthday) {

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
	sealed interface Shape permits Circle, Square {

	}

	record Circle(double radius) implements Shape {

	}

	record Square(long width) implements Shape {

	}

	record Formatted(@JsonFormat(pattern = "d MMM uuuu") LocalDate date) {

	}

	record Mixed(String firstName, String secondName) {

	}

	abstract static class MixIn {

		@JsonProperty("renamed")
		abstract String firstName();

	}

	record Money(long cents) {

	}

	static class MoneySerializer extends StdSerializer<Money> {

		MoneySerializer() {
			super(Money.class);
		}

		@Override
		public void serialize(Money money, JsonGenerator generator, SerializationContext context) {
			generator.writeString(money.cents() + " cents");
		}

	}

	static class MoneyDeserializer extends StdDeserializer<Money> {

		MoneyDeserializer() {
			super(Money.class);
		}

		@Override
		public Money deserialize(JsonParser parser, DeserializationContext context) {
			return new Money(Long.parseLong(parser.getString().replace(" cents", "")));
		}

	}

}
