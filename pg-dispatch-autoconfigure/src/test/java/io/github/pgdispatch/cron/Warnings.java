package io.github.pgdispatch.cron;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/**
 * What a server warns of.
 */
final class Warnings {

	private Warnings() {
	}

	/**
	 * Runs statements in a new session.
	 * @param sessions where it comes from
	 * @param sql the statements
	 * @return the warnings
	 */
	static List<ServerErrorMessage> of(DataSource sessions, String sql) throws SQLException {
		List<ServerErrorMessage> warnings = new ArrayList<>();
		try (Connection connection = sessions.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
			for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
				warnings.add(((PSQLWarning) warning).getServerErrorMessage());
			}
		}
		return warnings;
	}

}
