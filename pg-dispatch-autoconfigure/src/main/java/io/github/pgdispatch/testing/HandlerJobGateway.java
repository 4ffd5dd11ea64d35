package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.UUID;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.Claim;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Claims jobs of handlers one at a time in the current transaction.
 */
final class HandlerJobGateway {

	private static final String CLAIM = """
			SELECT *, floor(extract(epoch FROM time_limit) * 1000)::bigint AS time_limit_ms, false AS taken_over
			  FROM pgdispatch.claim_handler_jobs(?, make_interval(secs => ?), ARRAY[?], ARRAY[1], 1)""";

	private static final String LIMIT_TO_ONE_ATTEMPT = """
			UPDATE pgdispatch.managed_job SET max_attempts = NULL
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid AND id = ?""";

	private static final String FAIL = "SELECT pgdispatch.fail_handler_job(?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String SLEEP = "SELECT pgdispatch.sleep_handler_job(?, ?, ?, ?, ?, ?, make_interval(secs => ?))";

	private static final String END_LEASE = "SELECT pgdispatch.end_lease(?)";

	/**
	 * Long enough to debug a method.
	 */
	private static final Duration LEASE = Duration.ofMinutes(10);

	private final JdbcOperations jdbc;

	private final UUID node;

	HandlerJobGateway(DataSource dataSource, UUID node) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.node = node;
	}

	/**
	 * Claims the oldest due job of a handler. Returns {@code null} if there is none, or
	 * if it is running elsewhere.
	 */
	@Nullable Claim claim(String handler) {
		return this.jdbc.query(CLAIM, (row, number) -> Claim.of(row), this.node, LEASE.toMillis() / 1000.0, handler)
			.stream()
			.findFirst()
			.orElse(null);
	}

	/**
	 * Makes a claimed job that has failed a dead letter.
	 */
	void fail(Claim claim, @Nullable String sqlState, String message, String context) {
		this.jdbc.update(LIMIT_TO_ONE_ATTEMPT, claim.id());
		this.jdbc.query(FAIL, (row) -> {
		}, this.node, claim.handler(), claim.dueAt(), claim.id(), claim.attempt(), sqlState, message, context);
	}

	/**
	 * Releases a claimed job that sleeps.
	 */
	void sleep(Claim claim, String step, Duration duration) {
		this.jdbc.query(SLEEP, (row) -> {
		}, this.node, claim.handler(), claim.dueAt(), claim.id(), claim.attempt(), step, duration.toMillis() / 1000.0);
	}

	/**
	 * Ends the lease, and with it all claims of this node.
	 */
	void endLease() {
		this.jdbc.query(END_LEASE, (row) -> {
		}, this.node);
	}

}
