package io.github.pgdispatch.gateway;

import java.util.Map;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Records what operators do to the jobs of the current role, in the transaction that is
 * bound to the current thread, if any. Thread-safe.
 */
public final class OperatorActionGateway {

	private static final String RECORD = """
			INSERT INTO pgdispatch.operator_action (operator, action, target, affected)
			VALUES (?, ?, pg_catalog.json_object(?::pg_catalog.text[], ?::pg_catalog.text[]), ?)""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public OperatorActionGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Records an action.
	 * @param operator the name of the user
	 * @param action what was done
	 * @param target to what it was done, by name
	 * @param affected number of what has changed
	 */
	public void record(String operator, String action, Map<String, String> target, long affected) {
		this.jdbc.update(RECORD, (statement) -> {
			statement.setString(1, operator);
			statement.setString(2, action);
			statement.setArray(3, statement.getConnection().createArrayOf("text", target.keySet().toArray()));
			statement.setArray(4, statement.getConnection().createArrayOf("text", target.values().toArray()));
			statement.setLong(5, affected);
		});
	}

}
