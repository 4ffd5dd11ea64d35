package io.github.pgdispatch.gateway;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ResultSetExtractor;

/**
 * Reads and adds the steps of jobs in the transaction that is bound to the current
 * thread, if any. Thread-safe.
 */
public final class StepGateway {

	private static final String READ = "SELECT s.name, s.result::pg_catalog.text AS result FROM pgdispatch.steps(?) AS s";

	private static final String ADD = "SELECT pgdispatch.end_step(?, ?, ?, ?, ?, ?, ?::pg_catalog.json)";

	private static final String DATABASE_ID = "SELECT pgdispatch.database_id()";

	private final JdbcOperations jdbc;

	private final UUID node;

	private volatile @Nullable String databaseId;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 * @param node that has claimed the jobs
	 */
	public StepGateway(DataSource dataSource, UUID node) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
	}

	/**
	 * Reads the steps of a job.
	 * @param jobId the id of the job
	 * @return the results as JSON by the names of the steps; {@code null} stands for a
	 * step that returns nothing
	 */
	public Map<String, @Nullable String> read(long jobId) {
		Map<String, @Nullable String> results = new HashMap<>();
		this.jdbc.query(READ, (row) -> {
			results.put(row.getString("name"), row.getString("result"));
		}, jobId);
		return results;
	}

	/**
	 * Adds a step.
	 * @param claim on the job
	 * @param name of the step
	 * @param result as JSON; {@code null} if the step returns nothing
	 * @return whether the node still had the claim; if not, nothing is added
	 */
	public boolean add(Claim claim, String name, @Nullable String result) {
		return Boolean.TRUE.equals(this.jdbc.query(ADD, (statement) -> {
			statement.setObject(1, this.node);
			claim.setParameters(statement);
			statement.setString(6, name);
			statement.setString(7, TextEncoding.fitting(statement.getConnection(), result));
		}, (ResultSetExtractor<Boolean>) (row) -> row.next() && row.getBoolean(1)));
	}

	/**
	 * Returns what tells the database from others.
	 * @return the identifier of the database
	 */
	public String databaseId() {
		String id = this.databaseId;
		if (id == null) {
			id = String.valueOf(this.jdbc.queryForObject(DATABASE_ID, String.class));
			this.databaseId = id;
		}
		return id;
	}

}
