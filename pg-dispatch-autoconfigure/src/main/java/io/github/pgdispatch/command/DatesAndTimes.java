package io.github.pgdispatch.command;

import java.sql.Date;
import java.sql.Time;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.Locale;

/**
 * Writes dates and times in the ISO form, which PostgreSQL reads with every
 * {@code DateStyle}. As in the JDBC driver, a time is rounded to the microsecond, and the
 * first and the last date of Java are infinite.
 */
final class DatesAndTimes {

	private static final DateTimeFormatter DATE = new DateTimeFormatterBuilder()
		.appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NOT_NEGATIVE)
		.appendPattern("-MM-dd")
		.toFormatter(Locale.ROOT);

	private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder().appendPattern("HH:mm:ss")
		.appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
		.toFormatter(Locale.ROOT);

	private static final DateTimeFormatter OFFSET = new DateTimeFormatterBuilder().appendOffset("+HH:MM:ss", "+00")
		.toFormatter(Locale.ROOT);

	private static final LocalDate FIRST_DATE = LocalDate.of(-4713, 11, 24);

	private static final LocalDate LAST_DATE = LocalDate.of(5874897, 12, 31);

	private static final int LAST_TIMESTAMP_YEAR = 294276;

	private static final LocalTime ROUNDED_TO_MIDNIGHT = LocalTime.of(23, 59, 59, 999_999_500);

	private static final int MAX_OFFSET_IN_HOURS = 16;

	private DatesAndTimes() {
	}

	static String date(LocalDate date) {
		if (date.equals(LocalDate.MAX)) {
			return "infinity";
		}
		if (date.equals(LocalDate.MIN)) {
			return "-infinity";
		}
		if (date.isBefore(FIRST_DATE) || date.isAfter(LAST_DATE)) {
			throw outOfRange("date", LAST_DATE.getYear());
		}
		return DATE.format(date) + era(date);
	}

	static String date(Date date) {
		// Date.toLocalDate() ignores the era.
		Calendar calendar = new GregorianCalendar();
		calendar.setTime(date);
		int year = calendar.get(Calendar.YEAR);
		boolean beforeChrist = calendar.get(Calendar.ERA) == GregorianCalendar.BC;
		return date(LocalDate.of(beforeChrist ? 1 - year : year, calendar.get(Calendar.MONTH) + 1,
				calendar.get(Calendar.DAY_OF_MONTH)));
	}

	static String time(LocalTime time) {
		return time.isBefore(ROUNDED_TO_MIDNIGHT) ? TIME.format(time.plusNanos(500)) : "24:00:00";
	}

	static String time(Time time) {
		// Time.toLocalTime() ignores the milliseconds.
		return time(time.toLocalTime().with(ChronoField.MILLI_OF_SECOND, Math.floorMod(time.getTime(), 1000)));
	}

	static String timetz(OffsetTime time) {
		if (Math.abs(time.getOffset().getTotalSeconds()) >= MAX_OFFSET_IN_HOURS * 3600) {
			throw new IllegalArgumentException("PostgreSQL does not support the offset " + time.getOffset());
		}
		return time(time.toLocalTime()) + OFFSET.format(time);
	}

	static String timestamp(LocalDateTime dateTime) {
		if (dateTime.equals(LocalDateTime.MAX)) {
			return "infinity";
		}
		if (dateTime.equals(LocalDateTime.MIN)) {
			return "-infinity";
		}
		return timestamp(dateTime, "");
	}

	static String timestamptz(OffsetDateTime dateTime) {
		if (dateTime.equals(OffsetDateTime.MAX)) {
			return "infinity";
		}
		if (dateTime.equals(OffsetDateTime.MIN)) {
			return "-infinity";
		}
		return timestamptz(dateTime.toInstant());
	}

	static String timestamptz(Instant instant) {
		if (instant.equals(Instant.MAX)) {
			return "infinity";
		}
		if (instant.equals(Instant.MIN)) {
			return "-infinity";
		}
		long years = instant.getEpochSecond() / ChronoUnit.YEARS.getDuration().getSeconds();
		if (Math.abs(years) > LAST_TIMESTAMP_YEAR) {
			throw outOfRange("timestamp", LAST_TIMESTAMP_YEAR);
		}
		return timestamp(LocalDateTime.ofInstant(instant, ZoneOffset.UTC), "+00");
	}

	private static String timestamp(LocalDateTime dateTime, String offset) {
		LocalDateTime rounded = (dateTime.getYear() <= LAST_TIMESTAMP_YEAR) ? dateTime.plusNanos(500) : dateTime;
		LocalDate date = rounded.toLocalDate();
		if (date.isBefore(FIRST_DATE) || date.getYear() > LAST_TIMESTAMP_YEAR) {
			throw outOfRange("timestamp", LAST_TIMESTAMP_YEAR);
		}
		return DATE.format(date) + " " + TIME.format(rounded) + offset + era(date);
	}

	private static String era(LocalDate date) {
		return (date.getYear() < 1) ? " BC" : "";
	}

	private static IllegalArgumentException outOfRange(String type, int lastYear) {
		return new IllegalArgumentException("a PostgreSQL " + type + " is between the years 4714 BC and " + lastYear);
	}

}
