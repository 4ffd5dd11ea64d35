package io.github.pgdispatch.gateway;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

import javax.sql.DataSource;

/**
 * Claims jobs of handlers for a node. Each method is a transaction of its own.
 * Thread-safe.
 */
public final class ClaimGateway {

	/**
	 * The statement sees the row as it was before the function claimed it. Only few rows
	 * have crashes, so that this costs the others nothing.
	 */
	private static final String TAKEN_OVER = """
			CASE WHEN claimed.crashes IS NOT NULL THEN
			    (SELECT before.claimed_by IS NOT NULL
			       FROM pgdispatch.handler_job AS before
			      WHERE before.role OPERATOR(pg_catalog.=) claimed.role
			        AND before.handler OPERATOR(pg_catalog.=) claimed.handler
			        AND before.due_at OPERATOR(pg_catalog.=) claimed.due_at
			        AND before.id OPERATOR(pg_catalog.=) claimed.id)
			END AS taken_over""";

	private static final String CLAIMED = "SELECT claimed.*, pg_catalog.floor(extract(epoch FROM claimed.time_limit) OPERATOR(pg_catalog.*) 1000)::bigint AS time_limit_ms, "
			+ TAKEN_OVER + " FROM pgdispatch.";

	private static final String CLAIM = CLAIMED
			+ "claim_handler_jobs(?, pg_catalog.make_interval(secs => ?), ?, ?, ?, ?, ?) AS claimed";

	private static final String CLAIM_SINGLY = CLAIMED
			+ "claim_handler_jobs_singly(?, pg_catalog.make_interval(secs => ?), ?, ?) AS claimed";

	private static final String CLAIM_POISON_JOB = CLAIMED
			+ "claim_poison_job(?, pg_catalog.make_interval(secs => ?), ?) AS claimed";

	/**
	 * The place of the row spares the look at the index, which a statement outside of a
	 * function might also not use.
	 */
	private static final String IS_UNCHANGED = """
			SELECT EXISTS (SELECT
			                 FROM pgdispatch.handler_job AS j
			                WHERE j.claimed_by OPERATOR(pg_catalog.=) ?
			                  AND j.ctid OPERATOR(pg_catalog.=) ?::pg_catalog.tid
			                  AND j.id OPERATOR(pg_catalog.=) ?
			                  AND j.attempts OPERATOR(pg_catalog.=) ?)""";

	private static final String HELD = "SELECT pgdispatch.held_handler_jobs(?, ?, ?, ?, ?)";

	private static final String RELEASE_UNKNOWN = "SELECT pgdispatch.release_unknown_handler_jobs(?, ?, ?)";

	private static final String NOTIFY_OTHER_NODES = "SELECT pgdispatch.notify_overflow(?)";

	private final UUID node;

	private final NodeStatements statements;

	private final Duration lease;

	/**
	 * Creates a gateway.
	 * @param dataSource of connections at the isolation level READ COMMITTED: at a higher
	 * one, nodes that claim at the same time would make each other fail
	 * @param node that claims
	 * @param lease how long claims hold without a heartbeat
	 */
	public ClaimGateway(DataSource dataSource, UUID node, Duration lease) {
		this.node = node;
		this.statements = new NodeStatements(dataSource, node);
		this.lease = lease;
	}

	/**
	 * Returns the node that claims.
	 * @return the id of the node
	 */
	public UUID node() {
		return this.node;
	}

	/**
	 * Claims due jobs, and renews the lease unless that was just done.
	 * @param requests the maximum number of jobs of each handler, those that come first
	 * being preferred
	 * @param maxJobs maximum number of jobs in total
	 * @return the claims, on the oldest job first
	 * @throws SQLException if the claims are unknown: they may have been committed
	 */
	public List<Claim> claim(List<ClaimRequest> requests, int maxJobs) throws SQLException {
		return this.statements.execute(CLAIM, (statement) -> {
			statement.setDouble(2, Durations.seconds(this.lease));
			statement.setArray(3, NodeStatements.array(statement, "text", requests, ClaimRequest::handler));
			statement.setArray(4, NodeStatements.array(statement, "int4", requests, ClaimRequest::maxJobs));
			statement.setInt(5, maxJobs);
			statement.setArray(6, NodeStatements.times(statement, requests, after(Claim::dueAt, OffsetDateTime.MIN)));
			statement.setArray(7, NodeStatements.array(statement, "int8", requests, after(Claim::id, 0L)));
		}, ClaimGateway::claims, List.of());
	}

	/**
	 * Claims due jobs one by one, and leaves out those whose claim the database refuses.
	 * It takes longer than {@link #claim}, which claims none in that case.
	 * @param handlers the names of the handlers, those that come first being preferred
	 * @param maxJobs maximum number of jobs
	 * @return the claims, on the oldest job first
	 * @throws SQLException if the claims are unknown: they may have been committed
	 */
	public List<Claim> claimSingly(Collection<String> handlers, int maxJobs) throws SQLException {
		return this.statements.execute(CLAIM_SINGLY, (statement) -> {
			statement.setDouble(2, Durations.seconds(this.lease));
			setHandlers(statement, 3, handlers);
			statement.setInt(4, maxJobs);
		}, ClaimGateway::claims, List.of());
	}

	/**
	 * Claims a poison job, and renews the lease. The node must run nothing else until
	 * that job has ended. Jobs during which too many nodes died become dead letters.
	 * @param handlers the names of the node's handlers
	 * @return the claim, if a poison job is due, and the dead letters
	 * @throws SQLException if the claim is unknown: it may have been committed
	 */
	public PoisonJobs claimPoisonJob(Set<String> handlers) throws SQLException {
		return this.statements.execute(CLAIM_POISON_JOB, (statement) -> {
			statement.setDouble(2, Durations.seconds(this.lease));
			setHandlers(statement, 3, handlers);
		}, PoisonJobs::of, PoisonJobs.NONE);
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
	 * Releases the unknown claims of the node: those that were committed though the node
	 * did not learn of them.
	 * @param handlers the names of the node's handlers
	 * @param known the ids of all jobs that the node knows it has claimed
	 * @return the number of released claims
	 * @throws SQLException if no claim was released
	 */
	public int releaseUnknown(Set<String> handlers, Set<Long> known) throws SQLException {
		return this.statements.execute(RELEASE_UNKNOWN, (statement) -> {
			setHandlers(statement, 2, handlers);
			statement.setArray(3, NodeStatements.array(statement, "int8", known, Function.identity()));
		}, (row) -> row.getInt(1), 0);
	}

	/**
	 * Finds out whether a row is as it was written, which takes less time than
	 * {@link #held}.
	 * @param row that was written with a claim of this node
	 * @return {@code true} if the claim holds; {@code false} if the row is gone or was
	 * changed, in which case only {@link #held} tells whether the claim holds
	 * @throws SQLException if that is unknown
	 */
	public boolean isUnchanged(ClaimedRow row) throws SQLException {
		Claim claim = row.claim();
		return this.statements.execute(IS_UNCHANGED, (statement) -> {
			statement.setString(2, row.ctid());
			statement.setLong(3, claim.id());
			statement.setInt(4, claim.attempt());
		}, (result) -> result.getBoolean(1), false);
	}

	/**
	 * Finds out which claims hold.
	 * @param claims of the node, which may be unknown to the database
	 * @return the ids of those jobs which are there and are claimed by the node. Those
	 * that have been cancelled are among them, as the node has to end them
	 * @throws SQLException if that is unknown
	 */
	public Set<Long> held(Collection<Claim> claims) throws SQLException {
		return this.statements.execute(HELD, (statement) -> {
			statement.setArray(2, NodeStatements.array(statement, "text", claims, Claim::handler));
			statement.setArray(3, NodeStatements.times(statement, claims, Claim::dueAt));
			statement.setArray(4, NodeStatements.array(statement, "int8", claims, Claim::id));
			statement.setArray(5, NodeStatements.array(statement, "int4", claims, Claim::attempt));
		}, (row) -> Set.of((Long[]) row.getArray(1).getArray()), Set.of());
	}

	/**
	 * Notifies other nodes if there are due jobs that this node cannot take.
	 * @param handlers the names of the handlers whose jobs it cannot take
	 * @return whether there are such jobs
	 * @throws SQLException if no node was notified
	 */
	public boolean notifyOtherNodes(Collection<String> handlers) throws SQLException {
		return this.statements.executeWithoutNode(NOTIFY_OTHER_NODES,
				(statement) -> setHandlers(statement, 1, handlers), (row) -> row.getBoolean(1), false);
	}

	private static void setHandlers(PreparedStatement statement, int index, Collection<String> handlers)
			throws SQLException {
		statement.setArray(index, NodeStatements.array(statement, "text", handlers, Function.identity()));
	}

	/**
	 * A NULL in an array would be a text for a role with {@code array_nulls = off}.
	 */
	private static <T> Function<ClaimRequest, T> after(Function<Claim, T> property, T start) {
		return (request) -> (request.after() != null) ? property.apply(request.after()) : start;
	}

}
