package io.github.pgdispatch.driver;

import java.io.IOException;
import java.sql.SQLException;

/**
 * Recognizes failures that say that the database is lost, rather than that it refuses one
 * statement.
 */
final class LostDatabase {

	/**
	 * The SQLSTATE of a write in a read-only transaction. After a switch-over, the server
	 * that a connection leads to may be a standby.
	 */
	private static final String READ_ONLY = "25006";

	private LostDatabase() {
	}

	static boolean isCauseOf(Throwable error) {
		return LostConnection.isCauseOf(error) || Causes.of(error).anyMatch(IOException.class::isInstance)
				|| Causes.anySql(error, (ex) -> READ_ONLY.equals(ex.getSQLState()));
	}

	/**
	 * Throws an exception again if it says that the database is lost.
	 * @param error an {@link SQLException} or a {@link RuntimeException}
	 */
	static void rethrow(Exception error) throws SQLException {
		if (!isCauseOf(error)) {
			return;
		}
		if (error instanceof SQLException sql) {
			throw sql;
		}
		throw new SQLException(error);
	}

}
