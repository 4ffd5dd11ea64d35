package io.github.pgdispatch.gateway;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/**
 * The messages with which the executor tells of the failed attempts that are followed by
 * another one. The row of such a job does not have the error.
 */
final class RetryMessages {

	private static final String SQL_STATE = "PD004";

	private static final List<String> SENDERS = List.of(" pgdispatch.end_failed_attempt(", " pgdispatch.set_aside(");

	private RetryMessages() {
	}

	/**
	 * Reads the messages of a statement.
	 * @param statement the statement, which may have failed
	 * @return the messages in their order; none if the connection is closed
	 */
	static List<String> of(Statement statement) {
		List<String> messages = new ArrayList<>();
		try {
			for (SQLWarning each = statement.getWarnings(); each != null; each = each.getNextWarning()) {
				ServerErrorMessage sent = (each instanceof PSQLWarning warning) ? warning.getServerErrorMessage()
						: null;
				if (sent != null && SQL_STATE.equals(sent.getSQLState()) && isFromExecutor(sent.getWhere())) {
					messages.add(String.valueOf(sent.getMessage()));
				}
			}
		}
		catch (SQLException ex) {
			// The failure of the statement tells of it.
		}
		return messages;
	}

	/**
	 * A job can send messages as well. The place that sent a message is in the first
	 * line, and names of others that look like ours have quotes there.
	 */
	private static boolean isFromExecutor(@Nullable String where) {
		String place = (where != null) ? where.lines().findFirst().orElse("") : "";
		return SENDERS.stream().anyMatch(place::contains) && !place.contains("\"");
	}

}
