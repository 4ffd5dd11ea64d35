package io.github.pgdispatch.gateway;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Claims jobs of handlers for a node, and says what has become of them. Each method is a
 * transaction of its own. Thread-safe.
 */
public final class ClaimGateway {

	static final String CLAIMED = "SELECT *, floor(extract(epoch FROM time_limit) * 1000)::bigint AS time_limit_ms FROM pgdispatch.";

	private static final String CLAIM = CLAIMED + "claim_handler_jobs(?, make_interval(secs => ?), ?, ?, ?, ?, ?)";

	private static final String CLAIM_SUSPECT = CLAIMED + "claim_suspect(?, make_interval(secs => ?), ?)";

	private static final String COMPLETE = "SELECT pgdispatch.complete_handler_jobs(?, ?, ?, ?, ?, ?::json[])";

	private static final String RELEASE = "SELECT pgdispatch.release_handler_job(?, ?, ?, ?, ?, make_interval(secs => ?), ?)";

	private static final String DISOWN = "SELECT pgdispatch.release_unknown_handler_jobs(?, ?, ?)";

	static final String FAIL = "SELECT pgdispatch.fail_handler_job(?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String END_ATTEMPT = """
			SELECT pgdispatch.fail_handler_job(?, ?, ?, ?, ?, ?, ?, ?, ?, make_interval(secs => ?), ?, make_interval(secs => ?), ?,
			                                  make_interval(secs => ?))""";

	private static final String CANCELLED = "SELECT pgdispatch.cancel_handler_job(?, ?, ?, ?, ?)";

	private static final String KEEP = "SELECT pgdispatch.heartbeat(?, make_interval(secs => ?), ?)";

	static final String END = "SELECT pgdispatch.end_lease(?)";

	private static final String HAND_OVER = "SELECT pgdispatch.notify_overflow(make_interval(secs => ?), ?)";

	/**
	 * Longer than any of these queries takes: without it, a server that has vanished
	 * would be waited for until TCP gives up, if it does.
	 */
	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(30);

	private final DataSource dataSource;

	private final UUID node;

	private final Duration lease;

	/**
	 * Creates a gateway.
	 * @param dataSource of connections that commit automatically, and at READ COMMITTED:
	 * otherwise nodes that claim at the same time would fail, and make others fail
	 * @param node for which to claim
	 * @param lease how long claims hold without being renewed
	 */
	public ClaimGateway(DataSource dataSource, UUID node, Duration lease) {
		this.dataSource = dataSource;
		this.node = node;
		this.lease = lease;
	}

	/**
	 * Claims due jobs, and renews the lease unless that was just done.
	 * @param wanted how many of each handler; the first come first if there is not room
	 * for all
	 * @param inAll how many together
	 * @return the claimed ones, oldest first
	 * @throws SQLException if none could be claimed
	 */
	public List<Claim> claim(List<ClaimRequest> wanted, int inAll) throws SQLException {
		return execute(CLAIM, (statement) -> {
			statement.setDouble(2, seconds(this.lease));
			statement.setArray(3, array(statement, "text", wanted, ClaimRequest::handler));
			statement.setArray(4, array(statement, "int4", wanted, ClaimRequest::atMost));
			statement.setInt(5, inAll);
			statement.setArray(6, array(statement, "timestamptz", wanted, after(Claim::dueAt)));
			statement.setArray(7, array(statement, "int8", wanted, after(Claim::id)));
		}, ClaimGateway::claims, List.of());
	}

	/**
	 * Claims a job with which nodes were lost before, and renews the lease: for a node
	 * that runs nothing else, nor will before that job has ended.
	 * @param handlers of this node
	 * @return the claim, or none
	 * @throws SQLException if none could be claimed
	 */
	public List<Claim> claimSuspect(Set<String> handlers) throws SQLException {
		return execute(CLAIM_SUSPECT, (statement) -> {
			statement.setDouble(2, seconds(this.lease));
			statement.setArray(3, array(statement, "text", handlers, Function.identity()));
		}, ClaimGateway::claims, List.of());
	}

	private static List<Claim> claims(ResultSet rows) throws SQLException {
		List<Claim> claims = new ArrayList<>();
		do {
			claims.add(Claim.of(rows));
		}
		while (rows.next());
		claims.sort(Comparator.comparing(Claim::dueAt).thenComparing(Claim::id));
		return claims;
	}

	/**
	 * Deletes jobs that are done.
	 * @param claims on them
	 * @param results of those, as JSON, that are to be kept; {@code null} of others
	 * @return the ids of those that another node has taken over
	 * @throws SQLException if nothing was deleted
	 */
	public Set<Long> complete(List<Claim> claims, List<@Nullable String> results) throws SQLException {
		return execute(COMPLETE, (statement) -> {
			statement.setArray(2, array(statement, "text", claims, Claim::handler));
			statement.setArray(3, array(statement, "timestamptz", claims, Claim::dueAt));
			statement.setArray(4, array(statement, "int8", claims, Claim::id));
			statement.setArray(5, array(statement, "int4", claims, Claim::attempt));
			statement.setArray(6, statement.getConnection().createArrayOf("text", results.toArray()));
		}, (row) -> Arrays.stream((Long[]) row.getArray(1).getArray()).collect(Collectors.toSet()), Set.of());
	}

	/**
	 * Gives back a job that was not run, or not to its end.
	 * @param claim on the job
	 * @param delay after which it is due again
	 * @param counted whether it was an attempt
	 * @return whether this node still had the claim
	 * @throws SQLException if the job was not given back
	 */
	public boolean release(Claim claim, Duration delay, boolean counted) throws SQLException {
		return execute(RELEASE, claim, (statement) -> {
			statement.setDouble(6, seconds(delay));
			statement.setBoolean(7, counted);
		});
	}

	/**
	 * Ends an attempt that has failed.
	 * @param claim on the job
	 * @param failure of the attempt
	 * @return what has become of the job: {@code retried}, {@code dead} or
	 * {@code cancelled}; {@code null} if this node no longer had the claim
	 * @throws SQLException if nothing was done
	 */
	public @Nullable String end(Claim claim, FailedAttempt failure) throws SQLException {
		return execute(END_ATTEMPT, (statement) -> {
			claim.set(statement);
			statement.setString(6, failure.sqlState());
			statement.setString(7, failure.message());
			statement.setString(8, failure.context());
			statement.setBoolean(9, failure.canRetry());
			statement.setObject(10, (failure.retryIn() != null) ? seconds(failure.retryIn()) : null, Types.DOUBLE);
			statement.setInt(11, failure.maxAttempts());
			statement.setDouble(12, seconds(failure.backOff()));
			statement.setDouble(13, failure.backOffFactor());
			statement.setDouble(14, seconds(failure.backOffLimit()));
		}, (row) -> Optional.ofNullable(row.getString(1)), Optional.<String>empty()).orElse(null);
	}

	/**
	 * Deletes a job that was cancelled, and interrupted therefore.
	 * @param claim on the job
	 * @return whether this node still had the claim
	 * @throws SQLException if nothing was done
	 */
	public boolean cancelled(Claim claim) throws SQLException {
		return execute(CANCELLED, claim, (statement) -> {
		});
	}

	/**
	 * Gives jobs back that were claimed and of which this node was not told.
	 * @param handlers of this node
	 * @param known ids of all jobs that it has claimed and knows of
	 * @return how many were given back
	 * @throws SQLException if none was
	 */
	public int disown(Set<String> handlers, Set<Long> known) throws SQLException {
		return execute(DISOWN, (statement) -> {
			statement.setArray(2, array(statement, "text", handlers, Function.identity()));
			statement.setArray(3, array(statement, "int8", known, Function.identity()));
		}, (row) -> row.getInt(1), 0);
	}

	/**
	 * Renews the lease.
	 * @param known ids of the jobs that this node has claimed
	 * @return the ids of those that have been cancelled
	 * @throws SQLException if it was not renewed
	 */
	public Set<Long> keep(Set<Long> known) throws SQLException {
		return execute(KEEP, (statement) -> {
			statement.setDouble(2, seconds(this.lease));
			statement.setArray(3, array(statement, "int8", known, Function.identity()));
		}, (row) -> Set.of((Long[]) row.getArray(1).getArray()), Set.of());
	}

	/**
	 * Ends the lease: what was claimed is free for others.
	 * @throws SQLException if it was not ended
	 */
	public void end() throws SQLException {
		execute(END, (statement) -> {
		}, (row) -> true, true);
	}

	/**
	 * Has other nodes look for due jobs, if there are any.
	 * @param handlers of which this node can run no more
	 * @return whether there are any
	 * @throws SQLException if they were not notified
	 */
	public boolean handOver(Collection<String> handlers) throws SQLException {
		try (Connection connection = connection();
				PreparedStatement statement = connection.prepareStatement(HAND_OVER)) {
			statement.setDouble(1, seconds(this.lease));
			statement.setArray(2, array(statement, "text", handlers, Function.identity()));
			try (ResultSet row = statement.executeQuery()) {
				return row.next() && row.getBoolean(1);
			}
		}
	}

	private boolean execute(String sql, Claim claim, Parameters more) throws SQLException {
		return execute(sql, (statement) -> {
			claim.set(statement);
			more.set(statement);
		}, (row) -> row.getBoolean(1), false);
	}

	private <T> T execute(String sql, Parameters parameters, Result<T> result, T none) throws SQLException {
		try (Connection connection = connection(); PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setObject(1, this.node);
			parameters.set(statement);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() ? result.read(rows) : none;
			}
		}
	}

	private Connection connection() throws SQLException {
		Connection connection = this.dataSource.getConnection();
		try {
			connection.setAutoCommit(true);
			connection.setNetworkTimeout(Runnable::run, (int) NETWORK_TIMEOUT.toMillis());
			return connection;
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	private static double seconds(Duration duration) {
		return duration.toMillis() / 1000.0;
	}

	private static <T> Array array(PreparedStatement statement, String type, Collection<T> from,
			Function<T, ? extends @Nullable Object> element) throws SQLException {
		return statement.getConnection().createArrayOf(type, from.stream().map(element).toArray());
	}

	private static Function<ClaimRequest, @Nullable Object> after(Function<Claim, Object> property) {
		return (wanted) -> (wanted.after() != null) ? property.apply(wanted.after()) : null;
	}

	private interface Parameters {

		void set(PreparedStatement statement) throws SQLException;

	}

	private interface Result<T> {

		T read(ResultSet rows) throws SQLException;

	}

}
