package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;

import static org.awaitility.Awaitility.await;

/**
 * What jobs with keys, orders and queues have done, in the order in which they did, and
 * whether any two of them ran at once.
 */
final class RunLog {

	private static final int GATE = 4711;

	private final Queue queue;

	RunLog(Queue queue) throws SQLException {
		this.queue = queue;
		try (Session app = queue.app()) {
			app.run("SET client_min_messages = error", """
					CREATE OR REPLACE FUNCTION public.open_transactions() RETURNS bigint[] LANGUAGE sql AS
					$$ SELECT ARRAY(SELECT txid_snapshot_xip(txid_current_snapshot())) $$""", """
					CREATE TABLE IF NOT EXISTS public.run
					    (number bigserial, job text, at timestamptz DEFAULT clock_timestamp(),
					     transaction bigint DEFAULT txid_current(),
					     others bigint[] DEFAULT public.open_transactions())""", "TRUNCATE public.run");
		}
	}

	/**
	 * Returns a command that leaves a name, and which transactions were open then. A lock
	 * would not do: one that has committed still holds its locks for a moment.
	 * @param job the name
	 * @return the command
	 */
	static String run(String job) {
		return "INSERT INTO public.run (job) VALUES ('%s')".formatted(job);
	}

	/**
	 * Returns a command that does not end before the gate is opened.
	 */
	static String wait(String job) {
		return run(job) + "; SELECT pg_advisory_xact_lock_shared(" + GATE + ")";
	}

	static String dispatch(String command, String... options) {
		return "SELECT pgdispatch.dispatch($command$" + command + "$command$" + list(options) + ")";
	}

	static String call(String handler, String... options) {
		return "SELECT pgdispatch.dispatch_handler('" + handler + "'" + list(options) + ")";
	}

	private static String list(String... options) {
		return (options.length > 0) ? ", " + String.join(", ", options) : "";
	}

	/**
	 * Keeps jobs from ending.
	 * @return a session whose end opens the gate
	 */
	Session closeGate() throws SQLException {
		Session gate = this.queue.app();
		gate.run("SELECT pg_advisory_lock(" + GATE + ")");
		return gate;
	}

	/**
	 * Waits until a job waits at the gate, in whichever session.
	 */
	void awaitAtGate(int jobs) {
		this.queue.awaitTrue("count(*) = " + jobs + " FROM pg_locks WHERE locktype = 'advisory' AND objid = " + GATE
				+ " AND NOT granted");
	}

	/**
	 * Has several workers drain the queue at once, until it is empty.
	 */
	void drain(int workers) throws Exception {
		List<FutureTask<Void>> tasks = new ArrayList<>();
		for (int i = 0; i < workers; i++) {
			tasks.add(Session.async(() -> {
				try (Session worker = this.queue.app()) {
					await().pollInterval(Duration.ofMillis(1)).until(() -> {
						worker.work();
						return worker.value("SELECT count(*) FROM pgdispatch.job").equals("0");
					});
				}
				return null;
			}));
		}
		for (FutureTask<Void> task : tasks) {
			task.get();
		}
	}

	/**
	 * Has a session of its own do something, as long as it takes.
	 */
	FutureTask<String> async(String sql) {
		return Session.async(() -> {
			try (Session session = this.queue.app()) {
				return session.value(sql);
			}
		});
	}

	FutureTask<Session.Drain> work() {
		return Session.async(() -> {
			try (Session session = this.queue.app()) {
				return session.work();
			}
		});
	}

	List<String> runs() throws SQLException {
		return this.queue.values("SELECT job FROM public.run ORDER BY number");
	}

	int overlaps() throws SQLException {
		return overlaps("true");
	}

	/**
	 * Counts the pairs of runs of which the first had not been committed when the second
	 * took place. The transaction of the second may well have been open during the first:
	 * a session that looks for jobs finds that one has ended in the meantime.
	 * @param condition which pairs of {@code first} and {@code second} are counted
	 */
	int overlaps(String condition) throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(*) FROM public.run AS first JOIN public.run AS second "
				+ "ON first.number < second.number AND first.transaction = ANY (second.others) WHERE " + condition));
	}

	String state(String id) throws SQLException {
		try (Session app = this.queue.app()) {
			return app.value("SELECT state FROM pgdispatch.find(" + id + ")");
		}
	}

	/**
	 * Counts what is left of managed jobs, which is nothing when they have ended.
	 */
	int remains() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT (SELECT count(*) FROM pgdispatch.managed_job) "
				+ "+ (SELECT count(*) FROM pgdispatch.job_key) + (SELECT count(*) FROM pgdispatch.job) "
				+ "+ (SELECT count(*) FROM pgdispatch.handler_job) + (SELECT count(*) FROM pgdispatch.batch_part)"));
	}

}
