package io.github.pgdispatch.observability;

import java.sql.SQLException;
import java.util.stream.Stream;

/**
 * Recognizes errors that say that the schema is missing, is another one, or is not
 * granted.
 */
final class SchemaProblem {

	private static final int MAX_CAUSES = 100;

	private SchemaProblem() {
	}

	static boolean isCauseOf(Throwable error) {
		return causes(error).anyMatch((cause) -> cause instanceof SQLException sql && sql.getSQLState() != null
				&& sql.getSQLState().matches("42.*|3F.*"));
	}

	/**
	 * Returns the first line of the first cause. The others of a database error may show
	 * values.
	 */
	static String describe(Throwable error) {
		Throwable first = causes(error).reduce(error, (one, other) -> other);
		return String.valueOf(first.getMessage()).lines().findFirst().orElse("");
	}

	private static Stream<Throwable> causes(Throwable error) {
		return Stream.iterate(error, (cause) -> cause != null, Throwable::getCause).limit(MAX_CAUSES);
	}

}
