package io.github.pgdispatch.command;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Period;
import java.util.Locale;

import org.postgresql.util.PGInterval;

/**
 * Writes intervals in a form that PostgreSQL reads with every {@code IntervalStyle}. Each
 * field has its own sign, because one style applies the sign of the first field to all
 * fields.
 */
final class Intervals {

	private Intervals() {
	}

	static String text(Duration duration) {
		// All supported servers accept 32 bits of hours; newer ones accept more.
		if (Math.abs(duration.toHours()) >= Integer.MAX_VALUE) {
			throw new IllegalArgumentException("a PostgreSQL interval has less than 2147483647 hours");
		}
		Duration rounded = Duration.ofSeconds(duration.getSeconds(), (duration.getNano() + 500) / 1000 * 1000L);
		Duration absolute = rounded.abs();
		return String.format(Locale.ROOT, "%s%d:%02d:%02d.%06d", rounded.isNegative() ? "-" : "+", absolute.toHours(),
				absolute.toMinutesPart(), absolute.toSecondsPart(), absolute.toNanosPart() / 1000);
	}

	static String text(Period period) {
		long months = period.toTotalMonths();
		if (months != (int) months) {
			throw new IllegalArgumentException("a PostgreSQL interval has at most 2147483647 months");
		}
		return String.format(Locale.ROOT, "%+d mons %+d days", months, period.getDays());
	}

	static String text(PGInterval interval) {
		BigDecimal seconds = BigDecimal.valueOf(interval.getWholeSeconds() * 1_000_000L + interval.getMicroSeconds(),
				6);
		return String.format(Locale.ROOT, "%+d years %+d mons %+d days %+d hours %+d mins %+.6f secs",
				interval.getYears(), interval.getMonths(), interval.getDays(), interval.getHours(),
				interval.getMinutes(), seconds);
	}

}
