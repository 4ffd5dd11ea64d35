package io.github.pgdispatch;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Thrown to a caller that waits for the value of a job if the job became a dead letter or
 * was cancelled, or if the transaction that dispatched it has rolled back.
 */
public class DispatchFailedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final long id;

	private final @Nullable String sqlState;

	/**
	 * Creates an exception for a job that has ended without success.
	 * @param result the result of the job
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
	 * Returns the id of the job.
	 * @return the id of the job
	 */
	public long getId() {
		return this.id;
	}

	/**
	 * Returns the SQLSTATE of the error.
	 * @return the SQLSTATE, or {@code null} if the error has none
	 */
	public @Nullable String getSqlState() {
		return this.sqlState;
	}

}
