package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import org.jspecify.annotations.Nullable;

/**
 * A node of an application, as the database sees it.
 */
final class Node {

	/**
	 * Lasts for longer than any test.
	 */
	private static final String LONG = "1 hour";

	private final Session session;

	private final String id;

	private final String lease;

	Node(Session session) {
		this(session, LONG);
	}

	/**
	 * Creates a node.
	 * @param session that it has
	 * @param lease for so long its claims hold
	 */
	Node(Session session, String lease) {
		this(session, lease, UUID.randomUUID().toString());
	}

	/**
	 * Creates another session of a node.
	 * @param session the other one
	 * @param node the node
	 */
	Node(Session session, Node node) {
		this(session, node.lease, node.id);
	}

	private Node(Session session, String lease, String id) {
		this.session = session;
		this.lease = lease;
		this.id = id;
	}

	String id() {
		return this.id;
	}

	/**
	 * Claims jobs of handlers.
	 * @param inAll how many at the most
	 * @param handlers whose jobs
	 * @return the claimed ones, in the order in which they were
	 */
	List<Job> claim(int inAll, String... handlers) throws SQLException {
		return claim(inAll, inAll, handlers);
	}

	List<Job> claim(int inAll, int ofEach, String... handlers) throws SQLException {
		return this.session.values(claimSql(inAll, ofEach, handlers)).stream().map(Job::of).toList();
	}

	String claimSql(int inAll, int ofEach, String... handlers) {
		String limits = Stream.of(handlers).map((handler) -> Integer.toString(ofEach)).collect(Collectors.joining(","));
		return "SELECT concat_ws('|', id, attempts, due_at, handler) FROM pgdispatch.claim_handler_jobs('%s', '%s', '{%s}', '{%s}', %d)"
			.formatted(this.id, this.lease, String.join(",", handlers), limits, inAll);
	}

	/**
	 * Claims a job with which two nodes were lost.
	 * @param handlers whose jobs
	 * @return one at the most
	 */
	List<Job> claimPoisonJob(String... handlers) throws SQLException {
		String sql = "SELECT concat_ws('|', id, attempts, due_at, handler) FROM pgdispatch.claim_poison_job('%s', '%s', '{%s}') WHERE claimed_by IS NOT NULL"
			.formatted(this.id, this.lease, String.join(",", handlers));
		return this.session.values(sql).stream().map(Job::of).toList();
	}

	/**
	 * Claims jobs of a handler, first from those behind another.
	 */
	List<Job> claimAfter(@Nullable Job last, int inAll, String handler) throws SQLException {
		String position = (last != null) ? ", '{\"" + last.dueAt() + "\"}', '{" + last.id() + "}')" : ")";
		String sql = claimSql(inAll, inAll, handler);
		return this.session.values(sql.substring(0, sql.length() - 1) + position).stream().map(Job::of).toList();
	}

	void complete(List<Job> jobs) throws SQLException {
		this.session.run("SELECT pgdispatch.complete_handler_jobs('%s', '{%s}', '{%s}', '{%s}', '{%s}', '{}')"
			.formatted(this.id, list(jobs, Job::handler), list(jobs, (job) -> '"' + job.dueAt() + '"'),
					list(jobs, Job::id), list(jobs, Job::attempt)));
	}

	private static String list(List<Job> jobs, Function<Job, Object> property) {
		return jobs.stream().map(property).map(String::valueOf).collect(Collectors.joining(","));
	}

	boolean complete(Job job) throws SQLException {
		return call("complete_handler_job", job, ", ran_for => '1 ms'");
	}

	boolean completeAndCount(Job job) throws SQLException {
		return call("complete_handler_job", job, ", has_breaker => true");
	}

	/**
	 * Returns the call that fails an attempt of a handler with a circuit breaker.
	 * @param breaker the breaker, in SQL
	 */
	String failSql(Job job, String breaker) {
		return "SELECT "
				+ callSql("fail_handler_job", job, ", NULL, 'no luck', 'at line 1', true, '1 hour', 100, " + breaker);
	}

	boolean release(Job job) throws SQLException {
		return call("release_handler_job", job, "");
	}

	boolean release(Job job, String delay) throws SQLException {
		return call("release_handler_job", job, ", '" + delay + "'");
	}

	boolean fail(Job job) throws SQLException {
		return "dead".equals(this.session
			.value("SELECT " + callSql("fail_handler_job", job, ", '23505', 'it is there', 'at line 1'")));
	}

	/**
	 * Returns the call that tells of a failed attempt.
	 * @param job the job
	 * @param canRetry whether it is to be run again at all, in SQL
	 * @param retryIn in how long, in SQL
	 * @param maxAttempts of its handler
	 * @return the query
	 */
	String endSql(Job job, String canRetry, String retryIn, int maxAttempts) {
		return "SELECT pgdispatch.fail_handler_job('%s', '%s', '%s', %d, %d, NULL, 'no luck', 'at line 1', %s, %s, %d, '1 hour', 2, '2 hours')"
			.formatted(this.id, job.handler(), job.dueAt(), job.id(), job.attempt(), canRetry, retryIn, maxAttempts);
	}

	private boolean call(String function, Job job, String more) throws SQLException {
		return "t".equals(this.session.value("SELECT " + callSql(function, job, more)));
	}

	private String callSql(String function, Job job, String more) {
		return "pgdispatch.%s('%s', '%s', '%s', %d, %d%s)".formatted(function, this.id, job.handler(), job.dueAt(),
				job.id(), job.attempt(), more);
	}

	void renew() throws SQLException {
		this.session.run("SELECT pgdispatch.renew_lease('" + this.id + "', '" + this.lease + "')");
	}

	void end() throws SQLException {
		this.session.run("SELECT pgdispatch.end_lease('" + this.id + "')");
	}

	/**
	 * Lets its lease expire.
	 */
	void freeze() throws SQLException {
		this.session
			.run("UPDATE pgdispatch.node SET expires_at = now() - interval '1 minute', lease_length = '0' WHERE id = '"
					+ this.id + "'");
	}

	/**
	 * Does as if the server had been down for that long, so that the node could not renew
	 * its lease.
	 */
	void missServer(String time) throws SQLException {
		this.session.run(
				"UPDATE pgdispatch.node SET expires_at = now() - interval '" + time + "' WHERE id = '" + this.id + "'");
	}

	/**
	 * A claimed job.
	 *
	 * @param id of the job
	 * @param attempt counts the claims, from one
	 * @param dueAt when it was due
	 * @param handler its handler
	 */
	record Job(long id, int attempt, String dueAt, String handler) {

		private static Job of(String row) {
			String[] values = row.split("\\|");
			return new Job(Long.parseLong(values[0]), Integer.parseInt(values[1]), values[2], values[3]);
		}

		Job withAttempt(int attempt) {
			return new Job(this.id, attempt, this.dueAt, this.handler);
		}

	}

}
