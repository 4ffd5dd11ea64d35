package io.github.pgdispatch.gateway;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Function;

import javax.sql.DataSource;

/**
 * Executes statements for a node, each in a transaction of its own. Thread-safe.
 */
final class NodeStatements {

	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(30);

	private final DataSource dataSource;

	private final UUID node;

	NodeStatements(DataSource dataSource, UUID node) {
		this.dataSource = dataSource;
		this.node = node;
	}

	/**
	 * Executes a statement whose first parameter is the node.
	 * @param sql the statement
	 * @param parameters sets the parameters from the second one on
	 * @param result reads the result, and is called on the first row
	 * @param none the result if there is no row
	 * @return the result
	 */
	<T> T execute(String sql, Parameters parameters, Result<T> result, T none) throws SQLException {
		try (Connection connection = connection(); PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setObject(1, this.node);
			return execute(statement, parameters, result, none);
		}
	}

	/**
	 * Executes a statement that does not have the node as a parameter.
	 */
	<T> T executeWithoutNode(String sql, Parameters parameters, Result<T> result, T none) throws SQLException {
		try (Connection connection = connection(); PreparedStatement statement = connection.prepareStatement(sql)) {
			return execute(statement, parameters, result, none);
		}
	}

	private static <T> T execute(PreparedStatement statement, Parameters parameters, Result<T> result, T none)
			throws SQLException {
		parameters.set(statement);
		try (ResultSet rows = statement.executeQuery()) {
			return rows.next() ? result.read(rows) : none;
		}
	}

	/**
	 * Opens a connection. That this fails is never the fault of a statement, whatever the
	 * SQLSTATE.
	 */
	private Connection connection() throws SQLException {
		try {
			return Sessions.open(this.dataSource, (connection) -> {
				Sessions.networkTimeout(connection, NETWORK_TIMEOUT);
				return connection;
			});
		}
		catch (SQLTransientConnectionException ex) {
			throw ex;
		}
		catch (SQLException ex) {
			throw new SQLTransientConnectionException("Could not open a connection: " + ex.getMessage(),
					ex.getSQLState(), ex);
		}
	}

	static <T> Array array(PreparedStatement statement, String type, Collection<T> from, Function<T, ?> element)
			throws SQLException {
		return statement.getConnection().createArrayOf(type, from.stream().map(element).toArray());
	}

	/**
	 * Returns an array of times. The driver would write infinity as a year.
	 */
	static <T> Array times(PreparedStatement statement, Collection<T> from, Function<T, OffsetDateTime> element)
			throws SQLException {
		return array(statement, "timestamptz", from, element.andThen(NodeStatements::text));
	}

	private static String text(OffsetDateTime time) {
		return time.equals(OffsetDateTime.MIN) ? "-infinity"
				: time.equals(OffsetDateTime.MAX) ? "infinity" : time.toString();
	}

	/**
	 * Sets the parameters of a statement.
	 */
	interface Parameters {

		void set(PreparedStatement statement) throws SQLException;

	}

	/**
	 * Reads the result of a statement.
	 */
	interface Result<T> {

		T read(ResultSet rows) throws SQLException;

	}

}
