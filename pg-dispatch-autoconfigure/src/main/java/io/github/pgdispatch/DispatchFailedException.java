package io.github.pgdispatch;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Thrown to whoever waits for the value of a job that has none: the job is a dead letter
 * or was cancelled, or the transaction that dispatched it has rolled back.
 */
public class DispatchFailedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final long id;

	private final @Nullable String sqlState;

	/**
	 * Creates one for a job that has ended.
	 * @param result of the job
	 */
	public DispatchFailedException(JobResult result) {
		this(result.id(), result.sqlState(),
				"Job " + result.id() + " " + ((result.state() == JobState.CANCELLED) ? "was " : "has ")
						+ result.state().name().toLowerCase(Locale.ROOT)
						+ ((result.message() != null) ? ": " + result.message() : ""));
	}

	DispatchFailedException(long id, @Nullable String sqlState, String message) {
		super(message);
		this.id = id;
		this.sqlState = sqlState;
	}

	/**
	 * Returns which job it is about.
	 * @return the job's id
	 */
	public long getId() {
		return this.id;
	}

	/**
	 * Returns the SQLSTATE of the error.
	 * @return the SQLSTATE; {@code null} if the job did not fail with one
	 */
	public @Nullable String getSqlState() {
		return this.sqlState;
	}

}
