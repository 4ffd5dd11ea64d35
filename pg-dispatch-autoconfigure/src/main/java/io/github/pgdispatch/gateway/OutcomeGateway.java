package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Records the outcomes of jobs that a node has claimed. Each method is a transaction of
 * its own. Thread-safe.
 */
public final class OutcomeGateway {

	private static final String COMPLETE = "SELECT pgdispatch.complete_handler_jobs(?, ?, ?, ?, ?, ?::pg_catalog.json[], ?)";

	private static final String COMPLETE_AND_COUNT = "SELECT pgdispatch.complete_handler_jobs(?, ?, ?, ?, ?, ?::pg_catalog.json[], ?, ?)";

	private static final String RELEASE = "SELECT pgdispatch.release_handler_job(?, ?, ?, ?, ?, pg_catalog.make_interval(secs => ?))";

	private static final String SLEEP = "SELECT pgdispatch.sleep_handler_job(?, ?, ?, ?, ?, ?, pg_catalog.make_interval(secs => ?))";

	private static final String END_ATTEMPT = """
			SELECT pgdispatch.fail_handler_job(?, ?, ?, ?, ?, ?, ?, ?, ?, pg_catalog.make_interval(secs => ?), ?, pg_catalog.make_interval(secs => ?), ?,
			                                  pg_catalog.make_interval(secs => ?), pg_catalog.make_interval(secs => ?), ?, ?,
			                                  ?, pg_catalog.make_interval(secs => ?))""";

	private static final String END_CANCELLED = "SELECT pgdispatch.cancel_handler_job(?, ?, ?, ?, ?)";

	private final NodeStatements statements;

	private final Consumer<BreakerChange> breakers;

	/**
	 * Creates a gateway.
	 * @param dataSource of connections at the isolation level READ COMMITTED
	 * @param node that has the claims
	 * @param breakers is told of circuit breakers that have tripped or were reset
	 */
	public OutcomeGateway(DataSource dataSource, UUID node, Consumer<BreakerChange> breakers) {
		this.statements = new NodeStatements(dataSource, node);
		this.breakers = breakers;
	}

	/**
	 * Deletes jobs that are done.
	 * @param claims on the jobs
	 * @param results of the jobs as JSON, or an empty list if no result is kept
	 * @param durations of the attempts
	 * @param withBreaker the names of those of the handlers that have a circuit breaker
	 * @return the ids of the jobs that another node has taken over
	 * @throws SQLException if the outcome is unknown: the jobs may have been deleted
	 */
	public Set<Long> complete(List<Claim> claims, List<String> results, List<Duration> durations,
			Collection<String> withBreaker) throws SQLException {
		try {
			return delete(claims, results, durations, withBreaker);
		}
		catch (SQLException ex) {
			if (!TextEncoding.isRefusal(ex)) {
				throw ex;
			}
			return delete(claims, results.stream().map(TextEncoding::ascii).toList(), durations, withBreaker);
		}
	}

	private Set<Long> delete(List<Claim> claims, List<String> results, List<Duration> durations,
			Collection<String> withBreaker) throws SQLException {
		return this.statements.execute(withBreaker.isEmpty() ? COMPLETE : COMPLETE_AND_COUNT, (statement) -> {
			statement.setArray(2, NodeStatements.array(statement, "text", claims, Claim::handler));
			statement.setArray(3, NodeStatements.times(statement, claims, Claim::dueAt));
			statement.setArray(4, NodeStatements.array(statement, "int8", claims, Claim::id));
			statement.setArray(5, NodeStatements.array(statement, "int4", claims, Claim::attempt));
			statement.setArray(6, statement.getConnection().createArrayOf("text", results.toArray()));
			statement.setArray(7, statement.getConnection()
				.createArrayOf("float8", durations.stream().map(Durations::seconds).toArray()));
			if (!withBreaker.isEmpty()) {
				statement.setArray(8, statement.getConnection().createArrayOf("text", withBreaker.toArray()));
			}
		}, (row) -> {
			tellOfBreakers(row);
			return Arrays.stream((Long[]) row.getArray(1).getArray()).collect(Collectors.toSet());
		}, Set.of());
	}

	private void tellOfBreakers(ResultSet row) throws SQLException {
		BreakerChange.of(row.getStatement()).forEach(this.breakers);
	}

	/**
	 * Releases the claim on a job that was not run, or not to its end. This is no
	 * attempt.
	 * @param claim on the job
	 * @param delay after which the job is due again
	 * @return whether the node still had the claim
	 * @throws SQLException if the claim was not released
	 */
	public boolean release(Claim claim, Duration delay) throws SQLException {
		return this.statements.execute(RELEASE, (statement) -> {
			claim.setParameters(statement);
			statement.setDouble(6, Durations.seconds(delay));
		}, (row) -> row.getBoolean(1), false);
	}

	/**
	 * Releases the claim on a job that sleeps. This is no attempt, and the sleep is a
	 * step of the job.
	 * @param claim on the job
	 * @param step the name of the sleep
	 * @param delay after which the job is due again
	 * @return whether the node still had the claim
	 * @throws SQLException if the claim was not released
	 */
	public boolean sleep(Claim claim, String step, Duration delay) throws SQLException {
		return this.statements.execute(SLEEP, (statement) -> {
			claim.setParameters(statement);
			statement.setString(6, step);
			statement.setDouble(7, Durations.seconds(delay));
		}, (row) -> row.getBoolean(1), false);
	}

	/**
	 * Ends an attempt that has failed.
	 * @param claim on the job
	 * @param failure of the attempt
	 * @param ranFor how long the attempt took
	 * @return {@code retried}, {@code released}, {@code dead} or {@code cancelled};
	 * {@code null} if the node no longer had the claim
	 * @throws SQLException if the attempt was not ended
	 */
	public @Nullable String fail(Claim claim, FailedAttempt failure, Duration ranFor) throws SQLException {
		try {
			return end(claim, failure, ranFor);
		}
		catch (SQLException ex) {
			if (!TextEncoding.isRefusal(ex)) {
				throw ex;
			}
			return end(claim, failure.inAscii(), ranFor);
		}
	}

	private @Nullable String end(Claim claim, FailedAttempt failure, Duration ranFor) throws SQLException {
		return this.statements.execute(END_ATTEMPT, (statement) -> {
			claim.setParameters(statement);
			statement.setString(6, failure.sqlState());
			statement.setString(7, failure.message());
			statement.setString(8, failure.context());
			statement.setBoolean(9, failure.canRetry());
			statement.setObject(10, (failure.retryIn() != null) ? Durations.seconds(failure.retryIn()) : null,
					Types.DOUBLE);
			statement.setInt(11, failure.maxAttempts());
			statement.setDouble(12, Durations.seconds(failure.backOff()));
			statement.setDouble(13, failure.backOffMultiplier());
			statement.setDouble(14, Durations.seconds(failure.maxBackOff()));
			statement.setDouble(15, Durations.seconds(ranFor));
			statement.setBoolean(16, failure.outage());
			statement.setBoolean(17, failure.undone());
			statement.setObject(18, failure.breakAfter(), Types.INTEGER);
			statement.setObject(19, (failure.breakFor() != null) ? Durations.seconds(failure.breakFor()) : null,
					Types.DOUBLE);
		}, (row) -> {
			tellOfBreakers(row);
			return Optional.ofNullable(row.getString(1));
		}, Optional.<String>empty()).orElse(null);
	}

	/**
	 * Deletes a job that was interrupted because it was cancelled.
	 * @param claim on the job
	 * @return whether the node still had the claim
	 * @throws SQLException if the job was not deleted
	 */
	public boolean cancel(Claim claim) throws SQLException {
		return this.statements.execute(END_CANCELLED, claim::setParameters, (row) -> row.getBoolean(1), false);
	}

}
