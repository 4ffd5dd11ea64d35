package io.github.pgdispatch.gateway;

import java.sql.Statement;
import java.util.List;

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
		return ServerMessages.of(statement, SQL_STATE, SENDERS);
	}

}
