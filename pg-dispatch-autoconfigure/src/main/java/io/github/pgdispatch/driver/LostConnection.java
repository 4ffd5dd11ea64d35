package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionSystemException;

/**
 * Tells whether a method failed as the database went away, or had no connection left.
 */
final class LostConnection {

	private static final int MOST_CAUSES = 100;

	private LostConnection() {
	}

	static boolean isCauseOf(Throwable error) {
		Throwable cause = error;
		for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
			if (cause instanceof SQLException sql && isLost(sql)) {
				return true;
			}
			cause = next(cause);
		}
		return false;
	}

	/**
	 * On a lost connection the rollback fails too, with an exception that has the first
	 * one in a place of its own.
	 */
	private static @Nullable Throwable next(Throwable cause) {
		return (cause instanceof TransactionSystemException ex && ex.getApplicationException() != null)
				? ex.getApplicationException() : cause.getCause();
	}

	/**
	 * Classes of SQLSTATE, see appendix A of PostgreSQL's manual: 08 is that of
	 * connection exceptions, and 57P01 to 57P05 are those of a server that ends sessions
	 * or has not yet begun with them.
	 */
	private static boolean isLost(SQLException ex) {
		String state = String.valueOf(ex.getSQLState());
		return ex instanceof SQLTransientConnectionException || ex instanceof SQLNonTransientConnectionException
				|| state.startsWith("08") || state.startsWith("57P0");
	}

}
