package io.github.pgdispatch.schema;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.dao.DataAccessException;

/**
 * The advisory lock of the node that installs. Any role can take it, so that nobody waits
 * for it without a limit.
 */
final class SchemaLock {

	/**
	 * It spells pgdp; the lower half, which is an OID in the keys of the script, is zero.
	 */
	static final long KEY = 0x70676470L << 32;

	/**
	 * Maximum time for a node that installs. An upgrade may change large tables.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final String LOCK_NOT_AVAILABLE = "55P03";

	private final SchemaDatabase database;

	SchemaLock(SchemaDatabase database) {
		this.database = database;
	}

	/**
	 * Takes the lock for the session.
	 */
	void takeForSession() {
		repeat(() -> this.database.inTransaction(() -> lock("pg_advisory_lock")));
	}

	/**
	 * Does something in a transaction that has the lock.
	 */
	void inTransaction(Runnable action) {
		repeat(() -> this.database.inTransaction(() -> {
			lock("pg_advisory_xact_lock");
			action.run();
		}));
	}

	void release() {
		this.database.select("SELECT pg_catalog.pg_advisory_unlock(?)", KEY);
	}

	/**
	 * Runs something that takes the lock, again and again while a node that may install
	 * has it.
	 */
	private void repeat(Runnable attempt) {
		long since = System.nanoTime();
		while (true) {
			try {
				attempt.run();
				return;
			}
			catch (HeldException ex) {
				SchemaLockHolder holder = this.database.lockHolder();
				Duration waited = Duration.ofNanos(System.nanoTime() - since);
				if (!holder.mayInstall() || waited.compareTo(PATIENCE) > 0) {
					throw failure(holder, waited);
				}
			}
		}
	}

	private void lock(String function) {
		try {
			this.database.withLockTimeout(() -> this.database.select("SELECT pg_catalog." + function + "(?)", KEY));
		}
		catch (DataAccessException ex) {
			throw (ex.getRootCause() instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState()))
					? new HeldException(ex) : ex;
		}
	}

	private static PgDispatchConfigurationException failure(SchemaLockHolder holder, Duration waited) {
		return new PgDispatchConfigurationException(
				"The schema pgdispatch cannot be installed or granted, because " + holder.description()
						+ " has held the advisory lock of the node that installs for " + waited.toSeconds()
						+ " seconds.",
				"Wait until it ends, or let an administrator end it: " + holder.remedy()
						+ " Then start the application again.");
	}

	/**
	 * Thrown if another session has the lock.
	 */
	private static final class HeldException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		HeldException(Throwable cause) {
			super(cause);
		}

	}

}
