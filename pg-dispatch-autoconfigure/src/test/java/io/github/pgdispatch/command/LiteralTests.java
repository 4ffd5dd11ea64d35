package io.github.pgdispatch.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.geometric.PGbox;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each Java type arrives with its SQL type and its value, in a session whose settings are
 * as odd as a role's default settings can be.
 */
@PostgresTest
@Tag("every-postgresql")
class LiteralTests {

	// The driver insists on ISO, and it is the order alone that decides how a date is
	// read.
	private static final Map<String, String> ODD_SETTINGS = Map.ofEntries(Map.entry("DateStyle", "ISO, DMY"),
			Map.entry("IntervalStyle", "sql_standard"), Map.entry("TimeZone", "Asia/Kolkata"),
			Map.entry("standard_conforming_strings", "off"), Map.entry("backslash_quote", "off"),
			Map.entry("bytea_output", "escape"), Map.entry("array_nulls", "off"),
			Map.entry("extra_float_digits", "-15"), Map.entry("search_path", "decoy, pg_catalog"));

	private final TestDatabase database;

	private final Map<Object, String> expected = new LinkedHashMap<>();

	LiteralTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	static void createDecoys(TestDatabase database) {
		database.jdbc("app").sql("CREATE SCHEMA decoy").update();
		for (String name : List.of("text", "uuid", "date", "bytea", "jsonb", "timestamptz", "timetz")) {
			database.jdbc("app")
				.sql("CREATE DOMAIN decoy." + name + " AS pg_catalog.int4 CHECK (VALUE OPERATOR(pg_catalog.=) 42)")
				.update();
		}
	}

	@Test
	void strings() throws SQLException {
		expect("", "text ");
		expect("O'Reilly \"quoted\" \\ back\\'slash", "text O'Reilly \"quoted\" \\ back\\'slash");
		expect(new StringBuilder("built"), "text built");
		expect('x', "text x");
		expect('\\', "text \\");
		expect('\'', "text '");
		expect(DayOfWeek.MONDAY, "text MONDAY");
		expect(TimeUnit.SECONDS, "text SECONDS");
		expect(Sign.MINUS, "text MINUS");
		verify();
	}

	@Test
	void booleansAndIdentifiers() throws SQLException {
		expect(true, "boolean true");
		expect(Boolean.FALSE, "boolean false");
		expect(new UUID(0, 0), "uuid 00000000-0000-0000-0000-000000000000");
		expect(new UUID(-1, -1), "uuid ffffffff-ffff-ffff-ffff-ffffffffffff");
		verify();
	}

	@Test
	void integers() throws SQLException {
		expect(Byte.MIN_VALUE, "smallint -128");
		expect(Short.MIN_VALUE, "smallint -32768");
		expect(Short.MAX_VALUE, "smallint 32767");
		expect(Integer.MIN_VALUE, "integer -2147483648");
		expect(Integer.MAX_VALUE, "integer 2147483647");
		expect(Long.MIN_VALUE, "bigint -9223372036854775808");
		expect(Long.MAX_VALUE, "bigint 9223372036854775807");
		expect(BigInteger.TEN.pow(131071), "numeric 1" + "0".repeat(131071));
		expect(BigInteger.ONE.negate(), "numeric -1");
		verify();
	}

	@Test
	void decimals() throws SQLException {
		expect(new BigDecimal("1.50"), "numeric 1.50");
		expect(new BigDecimal("-0.0000001"), "numeric -0.0000001");
		expect(new BigDecimal("1E+30"), "numeric 1" + "0".repeat(30));
		expect(new BigDecimal("1E+131071"), "numeric 1" + "0".repeat(131071));
		expect(new BigDecimal("-1E-16383"), "numeric -0." + "0".repeat(16382) + "1");
		expect(new BigDecimal("0E+2000000000"), "numeric 0");
		expect(new BigDecimal("0.00"), "numeric 0.00");
		verify();
	}

	@Test
	void floatingPointNumbers() throws SQLException {
		expect(0.1f, "real 0.1");
		expect(Float.MIN_VALUE, "real 1e-45");
		expect(Float.MAX_VALUE, "real 3.4028235e+38");
		expect(Float.NaN, "real NaN");
		expect(Float.NEGATIVE_INFINITY, "real -Infinity");
		expect(0.1, "double precision 0.1");
		expect(-0.0, "double precision -0");
		expect(Double.MIN_VALUE, "double precision 5e-324");
		expect(Double.MIN_NORMAL, "double precision 2.2250738585072014e-308");
		expect(-Double.MAX_VALUE, "double precision -1.7976931348623157e+308");
		expect(Double.NaN, "double precision NaN");
		expect(Double.POSITIVE_INFINITY, "double precision Infinity");
		verify();
	}

	@Test
	void bytes() throws SQLException {
		expect(new byte[0], "bytea \\x");
		expect(new byte[] { 0, 1, '\'', '\\', -1 }, "bytea \\x0001275cff");
		expect("\\x41".getBytes(StandardCharsets.UTF_8), "bytea \\x5c783431");
		verify();
	}

	@Test
	void dates() throws SQLException {
		expect(LocalDate.of(2024, 2, 1), "date 2024-02-01");
		expect(LocalDate.of(99, 2, 1), "date 0099-02-01");
		expect(LocalDate.of(1, 2, 3), "date 0001-02-03");
		expect(LocalDate.of(0, 2, 29), "date 0001-02-29 BC");
		expect(LocalDate.of(-43, 3, 15), "date 0044-03-15 BC");
		expect(LocalDate.of(-4713, 11, 24), "date 4714-11-24 BC");
		expect(LocalDate.of(10000, 1, 2), "date 10000-01-02");
		expect(LocalDate.of(5874897, 12, 31), "date 5874897-12-31");
		expect(LocalDate.MAX, "date infinity");
		expect(LocalDate.MIN, "date -infinity");
		verify();
	}

	@Test
	void times() throws SQLException {
		expect(LocalTime.MIN, "time without time zone 00:00:00");
		expect(LocalTime.of(12, 34, 56, 789_000), "time without time zone 12:34:56.000789");
		expect(LocalTime.of(12, 34, 56, 500), "time without time zone 12:34:56.000001");
		expect(LocalTime.of(12, 34, 56, 499), "time without time zone 12:34:56");
		expect(LocalTime.of(23, 59, 59, 999_999_499), "time without time zone 23:59:59.999999");
		expect(LocalTime.MAX, "time without time zone 24:00:00");
		expect(OffsetTime.of(1, 2, 3, 4000, ZoneOffset.UTC), "time with time zone 01:02:03.000004+00");
		expect(OffsetTime.of(1, 2, 3, 0, ZoneOffset.ofHoursMinutes(-3, -30)), "time with time zone 01:02:03-03:30");
		expect(OffsetTime.of(1, 2, 3, 0, ZoneOffset.ofHoursMinutesSeconds(15, 59, 59)),
				"time with time zone 01:02:03+15:59:59");
		verify();
	}

	@Test
	void timestamps() throws SQLException {
		expect(LocalDateTime.of(2024, 2, 1, 3, 4, 5, 678_900_000),
				"timestamp without time zone 2024-02-01 03:04:05.6789");
		expect(LocalDateTime.of(2024, 12, 31, 23, 59, 59, 999_999_500),
				"timestamp without time zone 2025-01-01 00:00:00");
		expect(LocalDateTime.of(-43, 3, 15, 12, 0), "timestamp without time zone 0044-03-15 12:00:00 BC");
		expect(LocalDateTime.of(-4713, 11, 24, 0, 0), "timestamp without time zone 4714-11-24 00:00:00 BC");
		expect(LocalDateTime.of(294276, 12, 31, 23, 59, 59, 999_999_000),
				"timestamp without time zone 294276-12-31 23:59:59.999999");
		expect(LocalDateTime.MAX, "timestamp without time zone infinity");
		expect(LocalDateTime.MIN, "timestamp without time zone -infinity");
		verify();
	}

	@Test
	void instants() throws SQLException {
		expect(Instant.EPOCH, "timestamp with time zone 1970-01-01 00:00:00+00");
		expect(Instant.parse("0000-12-31T23:59:59.999999Z"),
				"timestamp with time zone 0001-12-31 23:59:59.999999+00 BC");
		expect(Instant.parse("-4713-11-24T00:00:00Z"), "timestamp with time zone 4714-11-24 00:00:00+00 BC");
		expect(Instant.parse("+294276-12-31T23:59:59.999999Z"),
				"timestamp with time zone 294276-12-31 23:59:59.999999+00");
		expect(Instant.MAX, "timestamp with time zone infinity");
		expect(Instant.MIN, "timestamp with time zone -infinity");
		expect(OffsetDateTime.of(2024, 1, 1, 1, 0, 0, 1500, ZoneOffset.ofHours(18)),
				"timestamp with time zone 2023-12-31 07:00:00.000002+00");
		expect(OffsetDateTime.MAX, "timestamp with time zone infinity");
		expect(OffsetDateTime.MIN, "timestamp with time zone -infinity");
		expect(ZonedDateTime.of(2024, 7, 1, 12, 0, 0, 0, ZoneId.of("Europe/Berlin")),
				"timestamp with time zone 2024-07-01 10:00:00+00");
		expect(new Date(1), "timestamp with time zone 1970-01-01 00:00:00.001+00");
		Timestamp timestamp = new Timestamp(0);
		timestamp.setNanos(123_456_789);
		expect(timestamp, "timestamp with time zone 1970-01-01 00:00:00.123457+00");
		verify();
	}

	@Test
	void datesAndTimesOfJdbc() throws SQLException {
		expect(java.sql.Date.valueOf("2024-02-01"), "date 2024-02-01");
		expect(java.sql.Date.valueOf("1500-03-01"), "date 1500-03-01");
		GregorianCalendar idesOfMarch = new GregorianCalendar(44, GregorianCalendar.MARCH, 15);
		idesOfMarch.set(GregorianCalendar.ERA, GregorianCalendar.BC);
		expect(new java.sql.Date(idesOfMarch.getTimeInMillis()), "date 0044-03-15 BC");
		expect(Time.valueOf("01:02:03"), "time without time zone 01:02:03");
		expect(new Time(Time.valueOf("01:02:03").getTime() + 4), "time without time zone 01:02:03.004");
		verify();
	}

	@Test
	void intervals() throws Exception {
		expect(Duration.ZERO, "interval 00:00:00");
		expect(Duration.ofMillis(-1500), "interval -00:00:01.5");
		expect(Duration.ofNanos(-1500), "interval -00:00:00.000001");
		expect(Duration.ofDays(3), "interval 72:00:00");
		expect(Duration.ofSeconds(123_456_789, 123_456_499), "interval 34293:33:09.123456");
		expect(Duration.ofHours(2147483646).plus(Duration.ofHours(1)).minusNanos(1000),
				"interval 2147483646:59:59.999999");
		expect(Duration.ofHours(-2147483646), "interval -2147483646:00:00");
		expect(Period.ZERO, "interval 00:00:00");
		expect(Period.of(-1, 2, 3), "interval -10 mons +3 days");
		expect(Period.of(1, -14, -3), "interval -2 mons -3 days");
		expect(Period.of(0, Integer.MAX_VALUE, Integer.MIN_VALUE), "interval 178956970 years 7 mons -2147483648 days");
		expect(Period.ofMonths(Integer.MIN_VALUE), "interval -178956970 years -8 mons");
		expect(new PGInterval(-1, 2, 0, 4, 0, -0.5), "interval -10 mons +03:59:59.5");
		verify();
	}

	@Test
	void json() throws SQLException {
		JsonMapper mapper = new JsonMapper();
		JsonNode document = mapper.readTree("""
				{"b": [1, 2.5, null, true], "a": "it's \\\\ \\"\\u00e9\\" \\\\u0000"}""");
		expect(document, "jsonb {\"a\": \"it's \\\\ \\\"é\\\" \\\\u0000\", \"b\": [1, 2.5, null, true]}");
		expect(mapper.nullNode(), "jsonb null");
		expect(mapper.stringNode("'\\"), "jsonb \"'\\\\\"");
		verify();
	}

	@Test
	void objectsOfTheDriver() throws SQLException {
		expect(pgObject("json", "{\"a\" : 1}"), "json {\"a\" : 1}");
		expect(pgObject("pg_catalog.text", "it's"), "text it's");
		expect(pgObject("pg_catalog.text[]", "{a,\"b\\\\c\"}"), "text[] {a,\"b\\\\c\"}");
		expect(pgObject("int4range", "[1,3)"), "int4range [1,3)");
		expect(pgObject("json", null), "json NULL");
		expect(new PGbox(1, 2, 3, 4), "box (3,4),(1,2)");
		verify();
	}

	@Test
	void arrays() throws SQLException {
		expect(new String[] { "a", null, "NULL", "", "{}", "a,b", "\"", "\\", "'", " " },
				"text[] {a,NULL,\"NULL\",\"\",\"{}\",\"a,b\",\"\\\"\",\"\\\\\",',\" \"}");
		expect(new String[0], "text[] {}");
		expect(new char[] { '\'', 'x' }, "text[] {',x}");
		expect(new DayOfWeek[] { DayOfWeek.FRIDAY }, "text[] {FRIDAY}");
		expect(new boolean[] { true, false }, "boolean[] {t,f}");
		expect(new short[] { -1 }, "smallint[] {-1}");
		expect(new Byte[] { 1, null }, "smallint[] {1,NULL}");
		expect(new int[] { Integer.MIN_VALUE, 1 }, "integer[] {-2147483648,1}");
		expect(new Integer[] { null }, "integer[] {NULL}");
		expect(new long[0], "bigint[] {}");
		expect(new float[] { 0.5f, Float.NaN }, "real[] {0.5,NaN}");
		expect(new double[] { -0.5 }, "double precision[] {-0.5}");
		expect(new BigDecimal[] { BigDecimal.TEN }, "numeric[] {10}");
		expect(new byte[][] { { 1 }, null, {} }, "bytea[] {\"\\\\x01\",NULL,\"\\\\x\"}");
		expect(new UUID[] { new UUID(0, 1) }, "uuid[] {00000000-0000-0000-0000-000000000001}");
		expect(new LocalDate[] { LocalDate.MIN, LocalDate.EPOCH }, "date[] {-infinity,1970-01-01}");
		expect(new Instant[] { Instant.EPOCH }, "timestamp with time zone[] {\"1970-01-01 00:00:00+00\"}");
		expect(new Duration[] { Duration.ofMinutes(-1) }, "interval[] {-00:01:00}");
		expect(new JsonNode[] { new JsonMapper().createObjectNode().put("a", "\"'\\") },
				"jsonb[] {\"{\\\"a\\\": \\\"\\\\\\\"'\\\\\\\\\\\"}\"}");
		expect(new PGobject[] { pgObject("json", "1"), null, pgObject("json", null) }, "json[] {1,NULL,NULL}");
		expect(new PGbox[] { new PGbox(1, 2, 3, 4), new PGbox(5, 6, 7, 8) }, "box[] {(3,4),(1,2);(7,8),(5,6)}");
		verify();
	}

	@Test
	void arraysOfSeveralDimensionsOrUndeclaredType() throws SQLException {
		expect(new int[][] { { 1, 2 }, { 3, 4 } }, "integer[] {{1,2},{3,4}}");
		expect(new String[][][] { { { "a", null } }, { { "}", "NULL" } } }, "text[] {{{a,NULL}},{{\"}\",\"NULL\"}}}");
		expect(new int[2][0], "integer[] {}");
		expect(new Object[] { null, "a", new StringBuilder("b") }, "text[] {NULL,a,b}");
		expect(new Object[] { new int[] { 1 }, new Object[] { 2 } }, "integer[] {{1},{2}}");
		expect(new Number[] { 1L, null }, "bigint[] {1,NULL}");
		verify();
	}

	@Test
	void standWhereAnExpressionStandsWithoutSpaces() throws SQLException {
		expectAnswer("SELECT 1-:minus", "6");
		expectAnswer("SELECT -:minus", "5");
		expectAnswer("SELECT @:minus*:minus", "25");
		expectAnswer("SELECT 2 IN(:list)AND 3 NOT IN(:list)", "true");
		expectAnswer("SELECT 8=ANY(:array)AND:minus<0", "true");
		expectAnswer("SELECT:array[2]+:array[1]", "15");
		expectAnswer("SELECT :text::varchar(3)||:array[1]::pg_catalog.text", "a\\'7");
		expectAnswer("SELECT concat('x'\n,:text)", "xa\\'b");
		expectAnswer("SELECT 'x'\n:text", "ERROR: syntax error at or near \"(\"");
		expectAnswer("SELECT coalesce(:none,:text)", "a\\'b");
		Map<String, Object> values = new HashMap<>();
		values.put("minus", -5);
		values.put("list", List.of(1, 2));
		values.put("array", new int[] { 7, 8 });
		values.put("text", "a\\'b");
		values.put("none", null);
		try (CommandSession session = new CommandSession(this.database, ODD_SETTINGS)) {
			assertThat(session.answers(this.expected.keySet()
				.stream()
				.map((sql) -> Command.parse((String) sql).render(ParameterValues.of(values)))
				.toList())).containsExactlyElementsOf(this.expected.values());
		}
	}

	@Test
	void roundsAsTheDriverDoes() throws SQLException {
		List<Object> values = List.of(LocalTime.of(1, 2, 3, 4_567_500), LocalTime.of(23, 59, 59, 999_999_500),
				LocalDateTime.of(2024, 1, 1, 0, 0, 0, 999_999_499),
				OffsetDateTime.of(1969, 12, 31, 23, 0, 0, 1_500, ZoneOffset.ofHours(1)));
		for (Object value : values) {
			assertThat(this.database.jdbc("app")
				.sql("SELECT " + new Literals().render("v", value) + " = ?")
				.param(value)
				.query(Boolean.class)
				.single()).as("%s", value).isTrue();
		}
	}

	@Test
	void digitsDoNotDependOnTheLocaleOfTheVirtualMachine() throws SQLException {
		Locale locale = Locale.getDefault();
		Locale.setDefault(Locale.forLanguageTag("ar-SA-u-nu-arab"));
		try {
			expect(LocalDateTime.of(2024, 2, 1, 3, 4, 5), "timestamp without time zone 2024-02-01 03:04:05");
			expect(Duration.ofSeconds(-61), "interval -00:01:01");
			expect(Period.of(0, 1, 2), "interval 1 mon 2 days");
			verify();
		}
		finally {
			Locale.setDefault(locale);
		}
	}

	private void expect(Object value, String typeAndValue) {
		this.expected.put(value, typeAndValue);
	}

	private void expectAnswer(String sql, String answer) {
		this.expected.put(sql, answer);
	}

	private void verify() throws SQLException {
		Literals literals = new Literals();
		try (CommandSession session = new CommandSession(this.database, ODD_SETTINGS)) {
			assertThat(session.typesAndValues(
					this.expected.keySet().stream().map((value) -> literals.render("value", value)).toList()))
				.containsExactlyElementsOf(this.expected.values());
		}
	}

	private static PGobject pgObject(String type, String value) throws SQLException {
		PGobject object = new PGobject();
		object.setType(type);
		object.setValue(value);
		return object;
	}

	private enum Sign {

		MINUS {
			@Override
			public String toString() {
				return "-";
			}
		}

	}

}
