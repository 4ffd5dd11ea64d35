package io.github.pgdispatch;

import org.jspecify.annotations.Nullable;

/**
 * Thrown at the start of the application if pg-dispatch cannot work with its
 * configuration or with the database. Spring Boot reports the description and the action
 * without a stack trace.
 */
public class PgDispatchConfigurationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String description;

	private final String action;

	/**
	 * Creates an exception.
	 * @param description the problem, in full sentences
	 * @param action the action that solves the problem, in full sentences
	 */
	public PgDispatchConfigurationException(String description, String action) {
		this(description, action, null);
	}

	/**
	 * Creates an exception with a cause.
	 * @param description the problem, in full sentences
	 * @param action the action that solves the problem, in full sentences
	 * @param cause the exception that has revealed the problem, or {@code null}
	 */
	public PgDispatchConfigurationException(String description, String action, @Nullable Throwable cause) {
		super(description + " " + action, cause);
		this.description = description;
		this.action = action;
	}

	/**
	 * Returns the description of the problem.
	 * @return the problem, in full sentences
	 */
	public String getDescription() {
		return this.description;
	}

	/**
	 * Returns the action that solves the problem.
	 * @return the action, in full sentences
	 */
	public String getAction() {
		return this.action;
	}

}
