package io.github.pgdispatch.gateway;

import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ResultSetExtractor;

/**
 * Completes jobs of handlers in the transaction that is bound to the current thread.
 */
public final class CompletionGateway {

	private static final String COMPLETE = "SELECT pgdispatch.complete_handler_job(?, ?, ?, ?, ?, ?::json)";

	private final JdbcOperations jdbc;

	private final UUID node;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 * @param node that has claimed the jobs
	 */
	public CompletionGateway(DataSource dataSource, UUID node) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
	}

	/**
	 * Deletes a job.
	 * @param claim on the job
	 * @param result as JSON, if it is to be kept
	 * @return whether this node still had the claim; if not, nothing is deleted
	 */
	public boolean complete(Claim claim, @Nullable String result) {
		return Boolean.TRUE.equals(this.jdbc.query(COMPLETE, (statement) -> {
			statement.setObject(1, this.node);
			claim.set(statement);
			statement.setString(6, result);
		}, (ResultSetExtractor<Boolean>) (row) -> row.next() && row.getBoolean(1)));
	}

}
