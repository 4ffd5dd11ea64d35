package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.database.CpuTime;
import io.github.pgdispatch.samples.benchmark.database.Statements;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A node of pg-dispatch that does something now and then, and rests in between, so that
 * it is measured in turn with others that are as warm.
 */
final class LoadedNode implements AutoCloseable {

	private static final String IDLE = "SELECT NOT EXISTS (TABLE pgdispatch.job) AND NOT EXISTS (TABLE pgdispatch.handler_job)";

	private final BenchmarkServer server;

	private final CpuTime cpuTime;

	private final TestDatabase database;

	private final Arena arena;

	private final JdbcTemplate superuser;

	private final Statements statements;

	private final AtomicLong dispatched = new AtomicLong();

	LoadedNode(BenchmarkServer server, Contender contender) {
		this.server = server;
		this.cpuTime = server.cpuTime();
		this.database = server.createDatabase();
		this.arena = new Arena(this.database, contender, Arena.Body::insert);
		this.superuser = BenchmarkServer.jdbc(this.database, "postgres");
		this.statements = new Statements(server, this.database);
		this.arena.application().start();
	}

	/**
	 * Does each of what is measured.
	 * @param time for how long clients dispatch
	 * @return what it costs
	 */
	Cost work(Duration time) throws Exception {
		this.arena.application().stop();
		PerJob dispatch = perJob(() -> dispatch(time));
		PerJob waited = perJob(this::runAll);
		PerJob atOnce = perJob(() -> {
			dispatch(time);
			awaitIdle();
		});
		return new Cost(dispatch, waited, atOnce);
	}

	private void dispatch(Duration time) throws Exception {
		this.dispatched.set(0);
		Size.clients().rate(time, () -> () -> this.arena.dispatch(this.dispatched.incrementAndGet()));
	}

	private void runAll() {
		this.arena.application().start();
		awaitIdle();
	}

	private void awaitIdle() {
		Awaitility.await("the last job")
			.atMost(Duration.ofMinutes(2))
			.pollInSameThread()
			.pollInterval(Duration.ofMillis(20))
			.until(() -> Boolean.TRUE.equals(this.superuser.queryForObject(IDLE, Boolean.class)));
	}

	private PerJob perJob(Action action) throws Exception {
		long sent = this.statements.count();
		CpuTime.Reading before = this.cpuTime.read();
		action.run();
		CpuTime.Reading taken = this.cpuTime.read().since(before);
		double jobs = this.dispatched.get();
		return new PerJob(taken.virtualMachine().toNanos() / 1e3 / jobs, taken.server().toNanos() / 1e3 / jobs,
				(this.statements.count() - sent) / jobs);
	}

	@Override
	public void close() {
		this.arena.close();
		this.server.drop(this.database);
	}

	/**
	 * What it costs.
	 *
	 * @param dispatch of a transaction that dispatches a job
	 * @param waited of a job that had waited
	 * @param atOnce of a job that is dispatched and run at once
	 */
	record Cost(PerJob dispatch, PerJob waited, PerJob atOnce) {

	}

	/**
	 * What it costs, for each job.
	 *
	 * @param virtualMachine microseconds of processor time of the virtual machine
	 * @param server microseconds of processor time of the server
	 * @param statements that the server was sent
	 */
	record PerJob(double virtualMachine, double server, double statements) {

		double processor() {
			return this.virtualMachine + this.server;
		}

		@Override
		public String toString() {
			return "%.0f µs (%.0f of them the virtual machine's) and %.2f statements".formatted(processor(),
					this.virtualMachine, this.statements);
		}

	}

	@FunctionalInterface
	private interface Action {

		void run() throws Exception;

	}

}
