package io.github.pgdispatch.driver;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.Objects;

import io.github.pgdispatch.JobTimeLimitExceededException;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an exception.
 *
 * @param sqlState of the error of the database that was its cause, if one was
 * @param message its class and message
 * @param stackTrace with its causes
 */
public record FailureReport(@Nullable String sqlState, String message, String stackTrace) {

	/**
	 * Creates a report. That is the job's own work too: the exception's methods may be
	 * the application's, and fail or take their time.
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
	 * PostgreSQL's text has no room for this character.
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
