package io.github.pgdispatch.driver;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.Objects;

import io.github.pgdispatch.JobTimeLimitExceededException;
import org.jspecify.annotations.Nullable;

/**
 * The report of an exception, as a dead letter keeps it.
 *
 * @param sqlState of the database error that caused the exception; {@code null} if there
 * was none
 * @param message the class and the message of the exception
 * @param stackTrace of the exception and its causes
 */
public record FailureReport(@Nullable String sqlState, String message, String stackTrace) {

	/**
	 * Creates a report. To be called on the thread of the job, as the methods of the
	 * exception may belong to the application, and fail or take long.
	 * @param error that a method threw
	 * @return the report
	 */
	public static FailureReport of(Throwable error) {
		try {
			StringWriter stackTrace = new StringWriter();
			error.printStackTrace(new PrintWriter(stackTrace, true));
			return new FailureReport(sqlState(error), storable(error.toString()), storable(stackTrace.toString()));
		}
		catch (Throwable ex) {
			return new FailureReport(null, error.getClass().getName(), "");
		}
	}

	/**
	 * Replaces the character that PostgreSQL cannot store in a text.
	 */
	private static String storable(@Nullable String text) {
		return String.valueOf(text).replace('\0', '\ufffd');
	}

	private static @Nullable String sqlState(Throwable error) {
		if (error instanceof JobTimeLimitExceededException) {
			return "PD001";
		}
		return Causes.of(error)
			.filter(SQLException.class::isInstance)
			.map((cause) -> ((SQLException) cause).getSQLState())
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

}
