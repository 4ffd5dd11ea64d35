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
 * The messages that functions of the schema send to their client.
 */
final class ServerMessages {

	private ServerMessages() {
	}

	/**
	 * Reads the messages of a statement.
	 * @param statement the statement, which may have failed
	 * @param sqlState the SQLSTATE of the messages
	 * @param senders the functions that send them, each with a space before and a
	 * parenthesis behind its name
	 * @return the messages in their order; none if the connection is closed
	 */
	static List<String> of(Statement statement, String sqlState, List<String> senders) {
		List<String> messages = new ArrayList<>();
		try {
			for (SQLWarning each = statement.getWarnings(); each != null; each = each.getNextWarning()) {
				ServerErrorMessage sent = (each instanceof PSQLWarning warning) ? warning.getServerErrorMessage()
						: null;
				if (sent != null && sqlState.equals(sent.getSQLState()) && isFrom(senders, sent.getWhere())) {
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
	private static boolean isFrom(List<String> senders, @Nullable String where) {
		String place = (where != null) ? where.lines().findFirst().orElse("") : "";
		return senders.stream().anyMatch(place::contains) && !place.contains("\"");
	}

}
