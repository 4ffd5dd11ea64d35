package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;

/**
 * Recognizes failures of a method that lost its database connection, or did not get one.
 */
final class LostConnection {

	private LostConnection() {
	}

	static boolean isCauseOf(Throwable error) {
		return Causes.anySql(error, LostConnection::isLost);
	}

	/**
	 * Recognizes SQLSTATEs, see appendix A of PostgreSQL's manual. Class 08 has
	 * connection exceptions. A server that ends sessions, or does not accept them yet,
	 * uses 57P01 to 57P05. A server without a free connection uses 53300.
	 */
	private static boolean isLost(SQLException ex) {
		String state = String.valueOf(ex.getSQLState());
		return ex instanceof SQLTransientConnectionException || ex instanceof SQLNonTransientConnectionException
				|| state.startsWith("08") || state.startsWith("57P0") || state.equals("53300");
	}

}
