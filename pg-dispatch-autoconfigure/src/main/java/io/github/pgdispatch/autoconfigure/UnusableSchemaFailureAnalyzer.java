package io.github.pgdispatch.autoconfigure;

import java.sql.SQLException;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.dao.DataAccessException;

/**
 * Reports that the application needs the schema when it starts, for example to set the
 * limits of a queue, and that nobody has checked whether it is there.
 */
final class UnusableSchemaFailureAnalyzer extends AbstractFailureAnalyzer<DataAccessException> {

	/**
	 * A schema, a relation, a function, a column or a privilege is missing.
	 */
	private static final Set<String> SQL_STATES = Set.of("3F000", "42P01", "42883", "42703", "42501");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, DataAccessException cause) {
		String message = String.valueOf(cause.getMostSpecificCause().getMessage());
		if (!(cause.getMostSpecificCause() instanceof SQLException ex)
				|| !SQL_STATES.contains(String.valueOf(ex.getSQLState())) || !message.contains("pgdispatch")) {
			return null;
		}
		return new FailureAnalysis(
				"The schema pgdispatch is missing in the database, is one of another version or is not granted to the role"
						+ " of the application: " + message.lines().findFirst().orElse(""),
				"Set pgdispatch.schema.mode to liquibase or jdbc to have the schema installed, or to validate to be told"
						+ " what is missing.",
				cause);
	}

}
