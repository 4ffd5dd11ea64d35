package io.github.pgdispatch.driver;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * What is kept of an exception.
 *
 * @param sqlState of the error of the database that was its cause, if one was
 * @param message its class and message
 * @param stackTrace with its causes
 */
record FailureReport(@Nullable String sqlState, String message, String stackTrace) {

	static FailureReport of(@Nullable Throwable error) {
		if (error == null) {
			return new FailureReport(null, "unknown", "");
		}
		try {
			StringWriter stackTrace = new StringWriter();
			error.printStackTrace(new PrintWriter(stackTrace, true));
			return new FailureReport(sqlState(error), error.toString(), stackTrace.toString());
		}
		catch (RuntimeException ex) {
			// Its own methods fail.
			return new FailureReport(null, error.getClass().getName(), "");
		}
	}

	private static @Nullable String sqlState(Throwable error) {
		for (Throwable cause = error; cause != null; cause = cause.getCause()) {
			if (cause instanceof SQLException sql) {
				return sql.getSQLState();
			}
		}
		return null;
	}

}
