package io.github.pgdispatch.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PGobject;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What has no SQL type, does not fit its SQL type or cannot be stored is refused at once:
 * later, nobody would be there to hear of it.
 */
class RefusedValuesTests {

	private final JsonMapper mapper = new JsonMapper();

	@Test
	void typesUnknown() {
		assertRefused(new Object(), "there is no SQL type for class java.lang.Object. Convert it to a type that has"
				+ " one, or pass a String and cast it, as in :name::type");
		assertRefused(Map.of("a", 1), "there is no SQL type for class");
		assertRefused(new Object[] { "a", new Object() }, "there is no SQL type for class java.lang.Object");
		assertRefused(List.of("a").stream(), "there is no SQL type for class");
		assertRefused(Optional.of(1), "it is an Optional. Pass its value");
		assertRefused(Optional.empty(), "it is an Optional. Pass its value");
	}

	@Test
	void charactersThatCannotBeStored() throws SQLException {
		for (Object value : new Object[] { "a\0b", new StringBuilder("a\0"), new String[] { "aa", "b\0" },
				List.of("a", "b\0"), this.mapper.valueToTree("\ud83d"), pgObject("json", "\"\0\"") }) {
			assertRefused(value, ", which PostgreSQL cannot store");
		}
		assertRefused("a\0b", "it contains a NUL character (character 2)");
		assertRefused('\0', "it contains a NUL character (character 1)");
		assertRefused('\ud83d', "it contains an unpaired surrogate (character 1)");
		assertRefused("\ude00\ud83d", "it contains an unpaired surrogate (character 1)");
		assertRefused(new char[] { 'a', '\ude00' }, "it contains an unpaired surrogate (character 1)");
	}

	@Test
	void nulInJsonb() throws SQLException {
		String message = "it contains \\u0000, which PostgreSQL's jsonb cannot store";
		assertRefused(this.mapper.valueToTree(Map.of("a", "x\\\0")), message);
		assertRefused(this.mapper.valueToTree(Map.of("\0", 1)), message);
		assertRefused(pgObject("jsonb", "\"\\\\\\u0000\""), message);
		assertRefused(pgObject("pg_catalog.jsonb", "\"\\u0000\""), message);
		assertThat(render(pgObject("json", "\"\\u0000\""))).isNotNull();
		assertThat(render(pgObject("jsonb", "\"\\\\u0000\""))).isNotNull();
		assertRefused(MissingNode.getInstance(), "a missing node is not JSON");
	}

	@Test
	void collections() {
		assertRefused(List.of(), "it is an empty collection, and SQL has no empty list."
				+ " Pass an array and write = ANY (:name) instead of IN");
		assertRefused(List.of(Set.of(1)), "it is a collection of collections");
		assertRefused(List.of(Optional.of(1)), "it is an Optional");
	}

	@Test
	void arrays() throws SQLException {
		String notRectangular = "the rows of an array must have equal lengths, and must not be null";
		assertRefused(new int[][] { { 1 }, { 2, 3 } }, notRectangular);
		assertRefused(new int[][] { {}, { 1 } }, notRectangular);
		assertRefused(new int[][] { { 1 }, {} }, notRectangular);
		assertRefused(new int[][] { null, null }, notRectangular);
		assertRefused(new String[][] { { "a" }, null }, notRectangular);
		assertRefused(new Object[] { "a", new String[] { "b" } }, notRectangular);
		assertRefused(new Object[] { new String[] { "b" }, "a" }, notRectangular);
		assertRefused(new int[1][1][1][1][1][1][1], "a PostgreSQL array has at most 6 dimensions");
		Object[] itself = { null };
		itself[0] = itself;
		assertRefused(itself, "a PostgreSQL array has at most 6 dimensions");
		assertRefused(new Object[0], "the type of the elements of this Object[] is unknown."
				+ " Pass an array of a more specific type, such as String[]");
		assertRefused(new Number[] { null }, "the type of the elements of this Number[] is unknown");
		assertRefused(new Number[] { 1, 2L }, "integer and bigint");
		assertRefused(new Object[] { "1", 1 }, "pg_catalog.text and integer");
		assertRefused(new PGobject[] { pgObject("json", "1"), pgObject("jsonb", "1") }, "json and jsonb");
		assertRefused(new PGobject[] { pgObject("text[]", "{}") },
				"one SQL type that is not an array, but have text[]");
		assertRefused(new Object[] { List.of(1) }, "there is no SQL type for class");
	}

	@Test
	void numbersTooLong() {
		String message = "a numeric has at most 131072 digits before the decimal point and 16383 after it. Round it";
		assertRefused(BigInteger.TEN.pow(131072), message);
		assertRefused(new BigDecimal("1E+131072"), message);
		assertRefused(new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE), message);
		assertRefused(new BigDecimal("1E-16384"), message);
	}

	@Test
	void datesAndTimesOutOfRange() {
		String date = "a PostgreSQL date is between the years 4714 BC and 5874897";
		assertRefused(LocalDate.of(-4713, 11, 23), date);
		assertRefused(LocalDate.of(5874898, 1, 1), date);
		assertRefused(LocalDate.MAX.minusDays(1), date);
		String timestamp = "a PostgreSQL timestamp is between the years 4714 BC and 294276";
		assertRefused(LocalDateTime.of(-4713, 11, 23, 23, 59, 59, 999_999_000), timestamp);
		assertRefused(LocalDateTime.of(294277, 1, 1, 0, 0), timestamp);
		assertRefused(LocalDateTime.of(294276, 12, 31, 23, 59, 59, 999_999_500), timestamp);
		assertRefused(LocalDateTime.MAX.minusNanos(1), timestamp);
		assertRefused(LocalDateTime.MIN.plusNanos(1), timestamp);
		assertRefused(Instant.MAX.minusNanos(1), timestamp);
		assertRefused(Instant.parse("+294277-01-01T00:00:00Z"), timestamp);
		assertRefused(Instant.parse("-4713-11-23T23:59:59Z"), timestamp);
		assertRefused(OffsetTime.of(LocalTime.NOON, ZoneOffset.ofHours(-16)),
				"PostgreSQL does not support the offset -16:00");
		long julianLeapDay = new GregorianCalendar(1500, GregorianCalendar.FEBRUARY, 29).getTimeInMillis();
		assertRefused(new java.sql.Date(julianLeapDay), "Invalid date 'February 29'");
	}

	@Test
	void intervalsTooLong() {
		String message = "a PostgreSQL interval has less than 2147483647 hours";
		assertRefused(Duration.ofHours(2147483647), message);
		assertRefused(Duration.ofHours(-2147483647), message);
		assertRefused(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), message);
		assertRefused(Duration.ofSeconds(Long.MIN_VALUE), message);
		assertRefused(Period.of(178956971, 0, 0), "a PostgreSQL interval has at most 2147483647 months");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "text; DROP TABLE canary", "text)", "\"Mood\"", "double precision", "varchar(3)",
			"a.b.c", "text[][]", "text[3]", "1a", "a$b", "te'xt", "text--", "text\n", "é", ".text", "text." })
	void typesThatAreNoPlainName(String type) throws SQLException {
		assertRefused(pgObject(type, "x"), "the type of a PGobject must be a plain name");
	}

	@Test
	void typesThatAreAPlainNameAreNotRefused() throws SQLException {
		assertThat(render(pgObject("app.mood_2[]", "{}"))).isEqualTo("('{}'::app.mood_2[])");
	}

	@Test
	void secretsAreNotTold() {
		assertThatIllegalArgumentException().isThrownBy(() -> render("secret\0"))
			.withMessageNotContaining("secret")
			.withStackTraceContaining("Parameter ':v'");
		assertThatIllegalArgumentException().isThrownBy(
				() -> Command.parse("SELECT :w").render(ParameterValues.of(Collections.singletonMap("v", "secret"))))
			.withMessageNotContaining("secret");
	}

	private void assertRefused(Object value, String reason) {
		assertThatIllegalArgumentException().isThrownBy(() -> render(value))
			.withMessageStartingWith("Parameter ':v' cannot be written as SQL: ")
			.withMessageContaining(reason);
	}

	private static String render(Object value) {
		return Command.parse(":v").render((path) -> value);
	}

	private static PGobject pgObject(String type, String value) throws SQLException {
		PGobject object = new PGobject();
		object.setType(type);
		object.setValue(value);
		return object;
	}

}
