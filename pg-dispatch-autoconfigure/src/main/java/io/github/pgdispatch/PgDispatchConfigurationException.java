package io.github.pgdispatch;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the application starts and pg-dispatch cannot work as it is configured, or
 * with the database as it is. Spring Boot reports the description and the action without
 * a stack trace.
 */
public class PgDispatchConfigurationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String description;

	private final String action;

	/**
	 * Creates an exception.
	 * @param description what was found, in full sentences
	 * @param action what to do about it, in full sentences
	 */
	public PgDispatchConfigurationException(String description, String action) {
		this(description, action, null);
	}

	/**
	 * Creates an exception with a cause.
	 * @param description what was found, in full sentences
	 * @param action what to do about it, in full sentences
	 * @param cause what has led to it, if that was an exception
	 */
	public PgDispatchConfigurationException(String description, String action, @Nullable Throwable cause) {
		super(description + " " + action, cause);
		this.description = description;
		this.action = action;
	}

	/**
	 * What was found.
	 * @return full sentences
	 */
	public String getDescription() {
		return this.description;
	}

	/**
	 * What to do about it.
	 * @return full sentences
	 */
	public String getAction() {
		return this.action;
	}

}
