package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgdispatch.life.Transaction.Deed;
import io.github.pgdispatch.life.Transaction.Deed.What;
import io.github.pgdispatch.test.TestDatabase;

/**
 * Dispatches jobs in transactions of all kinds, and cancels some.
 */
final class Dispatcher extends Actor {

	private static final String[] ISOLATIONS = { "READ COMMITTED", "READ COMMITTED", "REPEATABLE READ",
			"SERIALIZABLE" };

	private final RandomJobs jobs;

	private final DeadLetters deadLetters;

	Dispatcher(TestDatabase database, History history, RandomGenerator random, boolean nonTransactional)
			throws SQLException {
		super(database, history, random);
		this.jobs = new RandomJobs(history, random, nonTransactional);
		this.deadLetters = new DeadLetters(history, random);
	}

	@Override
	void act() throws Exception {
		Transaction transaction = this.history.begin(ISOLATIONS[this.random.nextInt(ISOLATIONS.length)]);
		session().run("BEGIN ISOLATION LEVEL " + transaction.isolation(),
				"INSERT INTO public.transaction VALUES (" + transaction.number() + ")");
		try {
			if (transaction.hasFreshSnapshots() && oneIn(4)) {
				operate(transaction);
			}
			else {
				dispatch(transaction);
			}
			if (oneIn(5)) {
				rest(30);
			}
			end(transaction);
		}
		catch (SQLException ex) {
			session().run("ROLLBACK");
			if (!isToBeExpected(ex, transaction)) {
				throw ex;
			}
			this.history.add(transaction + " was rolled back: " + ex.getMessage());
		}
		rest(15);
	}

	/**
	 * Two transactions may wait for each other that take two keys, and those that are
	 * SERIALIZABLE may fail at any time.
	 */
	private boolean isToBeExpected(SQLException ex, Transaction transaction) {
		Set<String> keys = this.history.dispatched()
			.stream()
			.filter((job) -> job.transaction() == transaction && job.key() != null)
			.map(Dispatched::key)
			.collect(Collectors.toSet());
		return transaction.isolation().equals("SERIALIZABLE") && "40001".equals(ex.getSQLState())
				|| !keys.isEmpty() && "40P01".equals(ex.getSQLState());
	}

	private void end(Transaction transaction) throws SQLException {
		if (oneIn(6)) {
			session().run("ROLLBACK");
			return;
		}
		transaction.committing();
		session().run("COMMIT");
		transaction.committed();
	}

	private void dispatch(Transaction transaction) throws SQLException {
		if (oneIn(30)) {
			for (Job job : this.jobs.crowd(transaction)) {
				dispatch(job, transaction);
			}
		}
		for (int i = this.random.nextInt(4); i >= 0; i--) {
			if (oneIn(6)) {
				dispatchInSavepoint(transaction);
			}
			else if (oneIn(10)) {
				dispatchMany(transaction);
			}
			else if (oneIn(10)) {
				dispatchBatch(transaction);
			}
			else {
				dispatch(this.jobs.next(transaction), transaction);
			}
		}
	}

	private void dispatchInSavepoint(Transaction transaction) throws SQLException {
		session().run("SAVEPOINT s");
		List<Dispatched> before = new ArrayList<>(transaction.dispatched());
		dispatch(this.jobs.next(transaction), transaction);
		if (oneIn(2)) {
			session().run("ROLLBACK TO SAVEPOINT s");
			transaction.dispatched().retainAll(before);
		}
		session().run("RELEASE SAVEPOINT s");
	}

	/**
	 * The continuation may be dispatched before or after the jobs that it follows.
	 */
	private void dispatchBatch(Transaction transaction) throws SQLException {
		String id = session().value("SELECT pgdispatch.create_batch('life')");
		boolean last = oneIn(2);
		Dispatched continuation = last ? null : dispatch(this.jobs.continuation(transaction, id), transaction);
		List<Dispatched> members = new ArrayList<>();
		for (int i = this.random.nextInt(6); i > 0; i--) {
			members.add(dispatch(this.jobs.member(transaction, id), transaction));
		}
		if (continuation == null) {
			continuation = dispatch(this.jobs.continuation(transaction, id), transaction);
		}
		session().run("SELECT pgdispatch.close_batch(" + id + ")");
		this.history.add(new BatchModel.Batch(Long.parseLong(id), members, continuation));
	}

	private Dispatched dispatch(Job job, Transaction transaction) throws SQLException {
		if (job.asks("key") != null) {
			session()
				.run("INSERT INTO public.keyed VALUES (%d, '%s')".formatted(transaction.number(), job.asks("key")));
		}
		Instant before = Instant.now();
		String id;
		if (job.options().isEmpty() && job.handler() == null && oneIn(2)) {
			session().run("SELECT pgdispatch.%s($job$%s$job$%s)".formatted((job.delay() > 0) ? "snooze" : "fire",
					job.command(), (job.delay() > 0) ? ", '" + job.delay() + " seconds'" : ""));
			id = null;
		}
		else {
			id = session().value(job.dispatch());
		}
		Dispatched dispatched = new Dispatched(job, transaction, before, Instant.now(),
				(id != null) ? Long.valueOf(id) : null);
		this.history.add(dispatched);
		return dispatched;
	}

	private void dispatchMany(Transaction transaction) throws SQLException {
		List<Job> many = IntStream.range(0, 3)
			.mapToObj((i) -> new Job(this.history.nextTag(), transaction.number(), null, 0, 0, 0, Map.of()))
			.toList();
		Instant before = Instant.now();
		List<String> ids = session().values("SELECT unnest(pgdispatch.fire_all(ARRAY["
				+ many.stream().map((job) -> "$job$" + job.command() + "$job$").collect(Collectors.joining(","))
				+ "]))");
		for (int i = 0; i < many.size(); i++) {
			this.history.add(new Dispatched(many.get(i), transaction, before, Instant.now(), Long.valueOf(ids.get(i))));
		}
	}

	private void operate(Transaction transaction) throws SQLException {
		if (oneIn(2) && this.deadLetters.dealWithOne(session(), transaction)) {
			return;
		}
		Dispatched target = this.history.any(this.random);
		if (target != null) {
			long id = target.id();
			String answer = session().value("SELECT pgdispatch.cancel(" + id + ", '300 milliseconds')");
			transaction.deeds().add(new Deed(What.CANCEL, id, answer, Instant.now()));
		}
	}

}
