package io.github.pgdispatch.driver;

import org.springframework.context.SmartLifecycle;

/**
 * The phases in which the parts of a node start and, in reverse order, stop.
 */
public final class DriverPhases {

	/**
	 * Methods may use any bean, and therefore start last and stop first.
	 */
	public static final int METHODS = SmartLifecycle.DEFAULT_PHASE;

	/**
	 * SQL needs no bean. Its workers stop after Spring Boot's web servers, which stop in
	 * phases down to 2048 below the default: requests that are still being answered may
	 * dispatch.
	 */
	public static final int SQL = SmartLifecycle.DEFAULT_PHASE - 4096;

	/**
	 * The results of jobs are delivered until no job runs any more.
	 */
	public static final int RESULTS = SQL - 1;

	/**
	 * Events are published until the drivers have stopped.
	 */
	public static final int EVENTS = RESULTS - 1;

	/**
	 * The connections of all of them.
	 */
	public static final int CONNECTIONS = EVENTS - 1;

	private DriverPhases() {
	}

}
