package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs of handlers, as a node of an application does. Now and then it dies, and
 * comes back as another one, or stands still until others take it for dead.
 */
final class Node extends Actor {

	private static final String LEASE = "1 second";

	private static final String ALL = "{" + String.join(",", RandomJobs.HANDLERS) + "}";

	private static final String ROW = "SELECT concat_ws('|', id, attempts, due_at, handler, extract(epoch FROM time_limit) * 1000) FROM ";

	private static final String COMMAND = "SELECT arguments ->> 'command' FROM pgdispatch.handler_job WHERE id = ";

	private String id = UUID.randomUUID().toString();

	Node(TestDatabase database, History history, RandomGenerator random) throws SQLException {
		super(database, history, random);
	}

	@Override
	void lost() {
		this.history.add("Node " + this.id + " is lost");
		this.id = UUID.randomUUID().toString();
	}

	@Override
	void act() throws Exception {
		List<Claim> claims = claim();
		List<Long> known = claims.stream().map(Claim::id).toList();
		for (Claim claim : claims) {
			if (oneIn(60)) {
				lost();
				return;
			}
			Set<String> cancelled = Set
				.copyOf(session().values("SELECT unnest(pgdispatch.heartbeat('%s', '%s', '{%s}'))".formatted(this.id,
						LEASE, known.stream().map(String::valueOf).collect(Collectors.joining(",")))));
			if (cancelled.contains(String.valueOf(claim.id()))) {
				call("cancel_handler_job", claim, "");
			}
			else if (oneIn(20)) {
				release(claim);
			}
			else {
				if (oneIn(4) && !isKeyed(claim)) {
					call("end_step", claim, ", '" + step() + "'");
				}
				run(claim);
			}
		}
		if (claims.isEmpty()) {
			rest(30);
		}
	}

	private List<Claim> claim() throws SQLException {
		String poison = session()
			.value("SELECT poison FROM pgdispatch.poll_handlers('%s', '%s', false)".formatted(this.id, ALL));
		String sql = poison.equals("t") ? "pgdispatch.claim_poison_job('%s', '%s', '%s')".formatted(this.id, LEASE, ALL)
				: "pgdispatch.claim_handler_jobs('%s', '%s', '%s', '{5,5}', %d)".formatted(this.id, LEASE, ALL,
						1 + this.random.nextInt(4));
		// Without those that became dead letters, as too many nodes died.
		return session().values(ROW + sql + " WHERE claimed_by IS NOT NULL").stream().map(Claim::of).toList();
	}

	private void run(Claim claim) throws Exception {
		String command = session().value(COMMAND + claim.id());
		if (command == null) {
			return;
		}
		session().run("BEGIN");
		try {
			session().run("SET LOCAL statement_timeout = " + claim.timeLimit());
			String result = session().value(command);
			session().run("SET LOCAL statement_timeout = 0");
			if (oneIn(200)) {
				Thread.sleep(1500); // Longer than its lease.
			}
			boolean done = "t".equals(call("complete_handler_job", claim, ", '" + result + "', has_breaker => true"));
			session().run(done ? "COMMIT" : "ROLLBACK");
		}
		catch (SQLException ex) {
			session().run("ROLLBACK");
			String code = isCancelled(ex) ? "PD001" : String.valueOf(ex.getSQLState());
			call("fail_handler_job", claim,
					", '%s', 'it failed', 'in a test', true, NULL, 50, '50 milliseconds', 1, NULL, break_after => 2, break_for => '100 milliseconds'"
						.formatted(code));
		}
	}

	private void release(Claim claim) throws SQLException {
		boolean later = this.random.nextBoolean();
		if (later) {
			this.history.addPutOff(claim.id());
		}
		if (later && oneIn(2) && !isKeyed(claim)) {
			call("sleep_handler_job", claim, ", '" + step() + "', '1 second'");
		}
		else {
			call("release_handler_job", claim, later ? ", '1 second'" : "");
		}
	}

	/**
	 * Returns a name that no step has. What a step does is no concern of the model: steps
	 * are to be gone with their jobs, whatever becomes of these.
	 */
	private static String step() {
		return UUID.randomUUID().toString();
	}

	/**
	 * Another dispatch with the key does not replace a job that has steps.
	 */
	private boolean isKeyed(Claim claim) throws SQLException {
		return !session().values("SELECT id FROM pgdispatch.managed_job WHERE key IS NOT NULL AND id = " + claim.id())
			.isEmpty();
	}

	private @Nullable String call(String function, Claim claim, String more) throws SQLException {
		return session().value("SELECT pgdispatch.%s('%s', '%s', '%s', %d, %d%s)".formatted(function, this.id,
				claim.handler(), claim.dueAt(), claim.id(), claim.attempt(), more));
	}

	private record Claim(long id, int attempt, String dueAt, String handler, long timeLimit) {

		static Claim of(String row) {
			String[] values = row.split("\\|");
			return new Claim(Long.parseLong(values[0]), Integer.parseInt(values[1]), values[2], values[3],
					(values.length > 4) ? (long) Double.parseDouble(values[4]) : 0);
		}

	}

}
