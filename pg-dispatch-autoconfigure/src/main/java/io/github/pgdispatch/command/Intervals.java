package io.github.pgdispatch.command;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Period;
import java.util.Locale;

import org.postgresql.util.PGInterval;

/**
 * Intervals in a form that PostgreSQL reads under every {@code IntervalStyle}: each field
 * has a sign of its own, as one style takes the sign of the first field for all.
 */
final class Intervals {

	private Intervals() {
	}

	static String text(Duration duration) {
		// All servers' hours are 32 bits, though newer ones could count on.
		if (Math.abs(duration.toHours()) >= Integer.MAX_VALUE) {
			throw new IllegalArgumentException("an interval of PostgreSQL's has less than 2147483647 hours");
		}
		Duration rounded = Duration.ofSeconds(duration.getSeconds(), (duration.getNano() + 500) / 1000 * 1000L);
		Duration absolute = rounded.abs();
		return String.format(Locale.ROOT, "%s%d:%02d:%02d.%06d", rounded.isNegative() ? "-" : "+", absolute.toHours(),
				absolute.toMinutesPart(), absolute.toSecondsPart(), absolute.toNanosPart() / 1000);
	}

	static String text(Period period) {
		long months = period.toTotalMonths();
		if (months != (int) months) {
			throw new IllegalArgumentException("an interval of PostgreSQL's has at most 2147483647 months");
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
