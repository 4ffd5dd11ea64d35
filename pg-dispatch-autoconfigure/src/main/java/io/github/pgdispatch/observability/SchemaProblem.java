package io.github.pgdispatch.observability;

import io.github.pgdispatch.driver.Causes;

/**
 * Recognizes errors that say that the schema is missing, is another one, or is not
 * granted.
 */
final class SchemaProblem {

	private SchemaProblem() {
	}

	static boolean isCauseOf(Throwable error) {
		return Causes.anySql(error, (ex) -> String.valueOf(ex.getSQLState()).matches("42.*|3F.*"));
	}

	/**
	 * Returns the first line of the first cause. The others of a database error may show
	 * values.
	 */
	static String describe(Throwable error) {
		return String.valueOf(Causes.first(error).getMessage()).lines().findFirst().orElse("");
	}

}
