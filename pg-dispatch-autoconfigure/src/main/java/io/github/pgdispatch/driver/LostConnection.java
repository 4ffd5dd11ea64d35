package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;

/**
 * Tells whether a method failed as the database went away, or had no connection left.
 */
final class LostConnection {

	private LostConnection() {
	}

	static boolean isCauseOf(Throwable error) {
		return Causes.anySql(error, LostConnection::isLost);
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
