package io.github.pgdispatch.driver;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.Objects;
import java.util.regex.Pattern;

import io.github.pgdispatch.JobTimeLimitExceededException;
import io.github.pgdispatch.gateway.TextEncoding;
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
	 * Many times what anybody reads, and small enough for lists and log lines.
	 */
	private static final int MAX_MESSAGE = 10_000;

	/**
	 * Enough for a stack trace with many causes. A million dead letters of this size
	 * would still fit a disk.
	 */
	private static final int MAX_STACK_TRACE = 50_000;

	private static final int SQL_STATE_LENGTH = 5;

	private static final Pattern NOT_STORABLE = Pattern.compile("[\\x00\\p{Cs}]");

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
			return new FailureReport(sqlState(error), storable(error.toString(), MAX_MESSAGE),
					storable(stackTrace.toString(), MAX_STACK_TRACE));
		}
		catch (Throwable ex) {
			return new FailureReport(null, error.getClass().getName(), "");
		}
	}

	/**
	 * Creates a report of an outcome that the database has refused. It has ASCII
	 * characters only, and no stack trace.
	 * @param kind of the outcome
	 * @param refusal the exception
	 * @return the report
	 */
	static FailureReport ofRefusal(Outcome.Kind kind, Throwable refusal) {
		String message = kind.described() + ", but that could not be written: " + Causes.describe(refusal);
		return new FailureReport(sqlState(refusal), TextEncoding.ascii(storable(message, MAX_MESSAGE)), "");
	}

	/**
	 * Returns the SQLSTATE, if there is one, and the summary, as the end of a log line.
	 */
	String describe() {
		return ((this.sqlState != null) ? ", SQLSTATE " + this.sqlState : "") + ": " + summary();
	}

	/**
	 * Returns the first line of the message. The other lines of a database error may show
	 * values.
	 */
	String summary() {
		return Causes.oneLine(this.message.lines().findFirst().orElse(""));
	}

	/**
	 * Returns a text that PostgreSQL can store: without NUL characters and halves of
	 * surrogate pairs, and short enough. Of a long text the beginning and the end are
	 * left, as the end of a stack trace names the first cause.
	 */
	private static String storable(@Nullable String text, int maxLength) {
		String whole = String.valueOf(text);
		String left = whole;
		if (whole.length() > maxLength) {
			int half = maxLength / 2;
			left = whole.substring(0, half) + " [... " + (whole.length() - 2 * half) + " characters ...] "
					+ whole.substring(whole.length() - half);
		}
		return NOT_STORABLE.matcher(left).replaceAll("");
	}

	private static @Nullable String sqlState(Throwable error) {
		if (error instanceof JobTimeLimitExceededException) {
			return "PD001";
		}
		return Causes.of(error)
			.filter(SQLException.class::isInstance)
			.map((cause) -> ((SQLException) cause).getSQLState())
			.filter(Objects::nonNull)
			.map((state) -> storable(state, SQL_STATE_LENGTH))
			.findFirst()
			.orElse(null);
	}

}
