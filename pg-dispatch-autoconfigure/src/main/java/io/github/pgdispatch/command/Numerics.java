package io.github.pgdispatch.command;

import java.math.BigDecimal;

/**
 * Writes decimal numbers within the limits of {@code numeric}.
 */
final class Numerics {

	private static final int MAX_DIGITS_BEFORE_POINT = 131072;

	private static final int MAX_DIGITS_AFTER_POINT = 16383;

	private Numerics() {
	}

	static String text(BigDecimal number) {
		if (number.signum() == 0 && number.scale() < 0) {
			return "0";
		}
		long digitsBeforePoint = (long) number.precision() - number.scale();
		if (digitsBeforePoint > MAX_DIGITS_BEFORE_POINT || number.scale() > MAX_DIGITS_AFTER_POINT) {
			throw new IllegalArgumentException("a numeric has at most " + MAX_DIGITS_BEFORE_POINT
					+ " digits before the decimal point and " + MAX_DIGITS_AFTER_POINT + " after it. Round it");
		}
		return number.toString();
	}

}
