package io.github.pgdispatch.log;

import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A log whose messages have one line each. Most messages have names and errors that a
 * caller or the database has chosen. With a line feed, these could forge a line.
 */
public final class OneLineLog {

	/**
	 * The control characters of ASCII and Unicode, and other ends of lines.
	 */
	private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}]+");

	private final Log log;

	private final LogContext context = LogContext.create(OneLineLog.class.getClassLoader());

	private OneLineLog(Log log) {
		this.log = log;
	}

	/**
	 * Creates a log.
	 * @param type the class that logs
	 * @return the log of the class
	 */
	public static OneLineLog of(Class<?> type) {
		return new OneLineLog(LogFactory.getLog(type));
	}

	/**
	 * Replaces the control characters in a text.
	 * @param text the text
	 * @return the text on one line
	 */
	public static String oneLine(String text) {
		return CONTROL.matcher(text).replaceAll(" ").strip();
	}

	/**
	 * Names the database of the current thread, if there are several.
	 */
	private String line(String message) {
		String database = this.context.get(LogContext.DATABASE);
		return oneLine((database != null) ? message + " (database " + database + ")" : message);
	}

	/**
	 * Logs a message at the level DEBUG.
	 * @param message the message
	 */
	public void debug(String message) {
		debug(message, null);
	}

	/**
	 * Logs a message and the stack trace of an exception at the level DEBUG.
	 * @param message the message
	 * @param ex the exception, or {@code null}
	 */
	public void debug(String message, @Nullable Throwable ex) {
		if (this.log.isDebugEnabled()) {
			this.log.debug(line(message), ex);
		}
	}

	/**
	 * Logs a message at the level INFO.
	 * @param message the message
	 */
	public void info(String message) {
		this.log.info(line(message));
	}

	/**
	 * Logs a message at the level WARN.
	 * @param message the message
	 */
	public void warn(String message) {
		this.log.warn(line(message));
	}

	/**
	 * Logs a message and the stack trace of an exception at the level WARN.
	 * @param message the message
	 * @param ex the exception, or {@code null}
	 */
	public void warn(String message, @Nullable Throwable ex) {
		this.log.warn(line(message), ex);
	}

	/**
	 * Logs a message at the level ERROR.
	 * @param message the message
	 */
	public void error(String message) {
		this.log.error(line(message));
	}

}
