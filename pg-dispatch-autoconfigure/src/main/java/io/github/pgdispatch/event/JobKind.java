package io.github.pgdispatch.event;

/**
 * The kind of the jobs that a driver runs.
 */
public enum JobKind {

	/**
	 * Jobs that run SQL in the database.
	 */
	SQL,

	/**
	 * Jobs that call a method of the application.
	 */
	METHOD

}
