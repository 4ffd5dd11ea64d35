package io.github.pgdispatch.command;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.test.TestDatabase;

/**
 * A session with settings of its own, in which commands are run as jobs are: by EXECUTE.
 */
final class CommandSession implements AutoCloseable {

	private final Connection connection;

	CommandSession(TestDatabase database, Map<String, String> settings) throws SQLException {
		this.connection = database.dataSource("app").getConnection();
		try (Statement statement = this.connection.createStatement()) {
			statement.execute("""
					CREATE FUNCTION pg_temp.answer(command text) RETURNS text LANGUAGE plpgsql AS $$
					DECLARE
						answer pg_catalog.text;
					BEGIN
						EXECUTE command INTO answer;
						RETURN answer;
					EXCEPTION WHEN OTHERS THEN
						BEGIN
							EXECUTE command;   -- As a job is: INTO refuses what returns no row, and so would undo it.
						EXCEPTION WHEN OTHERS THEN
						END;
						RETURN 'ERROR: ' OPERATOR(pg_catalog.||) SQLERRM;
					END $$""");
			// Shows what the settings made of a value in the form of the default
			// settings.
			statement.execute("""
					CREATE FUNCTION pg_temp.shown() RETURNS text LANGUAGE plpgsql
					SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET bytea_output = 'hex'
					SET search_path = pg_catalog SET extra_float_digits = 1
					AS $$
					DECLARE
						answer pg_catalog.text;
					BEGIN
						EXECUTE 'SELECT concat(pg_typeof(v), '' '', coalesce(v::text, ''NULL'')) FROM pg_temp.value'
						   INTO answer;
						DROP TABLE pg_temp.value;
						RETURN answer;
					END $$""");
			statement.execute("""
					CREATE FUNCTION pg_temp.type_and_value(command text) RETURNS text LANGUAGE plpgsql AS $$
					BEGIN
						EXECUTE 'CREATE TEMP TABLE value AS SELECT ' OPERATOR(pg_catalog.||) command
							OPERATOR(pg_catalog.||) ' AS v';
						RETURN pg_temp.shown();
					EXCEPTION WHEN OTHERS THEN
						RETURN 'ERROR: ' OPERATOR(pg_catalog.||) SQLERRM;
					END $$""");
		}
		try (PreparedStatement statement = this.connection.prepareStatement("SELECT set_config(?, ?, false)")) {
			for (Map.Entry<String, String> setting : settings.entrySet()) {
				statement.setString(1, setting.getKey());
				statement.setString(2, setting.getValue());
				statement.execute();
			}
		}
	}

	/**
	 * Runs the commands in one round trip.
	 * @return what each has selected, as text
	 */
	List<String> answers(List<String> commands) throws SQLException {
		return call("pg_temp.answer", commands);
	}

	/**
	 * Evaluates the expressions in one round trip.
	 * @return the type and, in the form of the default settings, the value of each
	 */
	List<String> typesAndValues(List<String> expressions) throws SQLException {
		return call("pg_temp.type_and_value", expressions);
	}

	private List<String> call(String function, List<String> commands) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("SELECT " + function
				+ "(c.command) FROM pg_catalog.unnest(?) WITH ORDINALITY AS c(command, number) ORDER BY c.number")) {
			statement.setArray(1, this.connection.createArrayOf("text", commands.toArray()));
			List<String> answers = new ArrayList<>();
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					answers.add(rows.getString(1));
				}
			}
			return answers;
		}
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
