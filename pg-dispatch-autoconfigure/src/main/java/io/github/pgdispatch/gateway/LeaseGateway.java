package io.github.pgdispatch.gateway;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

import javax.sql.DataSource;

/**
 * Renews and ends the lease of a node. Each method is a transaction of its own.
 * Thread-safe.
 */
public final class LeaseGateway {

	private static final String KEEP = "SELECT pgdispatch.heartbeat(?, pg_catalog.make_interval(secs => ?), ?)";

	private static final String END = "SELECT pgdispatch.end_lease(?)";

	private final NodeStatements statements;

	private final Duration lease;

	/**
	 * Creates a gateway.
	 * @param dataSource of connections at the isolation level READ COMMITTED
	 * @param node that has the lease
	 * @param lease how long claims hold without a heartbeat
	 */
	public LeaseGateway(DataSource dataSource, UUID node, Duration lease) {
		this.statements = new NodeStatements(dataSource, node);
		this.lease = lease;
	}

	/**
	 * Renews the lease.
	 * @param claimed the ids of the jobs that the node has claimed
	 * @return the ids of those that have been cancelled
	 * @throws SQLException if the lease was not renewed
	 */
	public Set<Long> renew(Set<Long> claimed) throws SQLException {
		return this.statements.execute(KEEP, (statement) -> {
			statement.setDouble(2, Durations.seconds(this.lease));
			statement.setArray(3, NodeStatements.array(statement, "int8", claimed, Function.identity()));
		}, (row) -> Set.of((Long[]) row.getArray(1).getArray()), Set.of());
	}

	/**
	 * Ends the lease, so that other nodes may claim the jobs of this one.
	 * @throws SQLException if the lease was not ended
	 */
	public void end() throws SQLException {
		this.statements.execute(END, (statement) -> {
		}, (row) -> true, true);
	}

}
