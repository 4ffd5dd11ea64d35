package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.database.CpuTime;
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

	private final AtomicLong dispatched = new AtomicLong();

	LoadedNode(BenchmarkServer server, Contender contender) {
		this.server = server;
		this.cpuTime = server.cpuTime();
		this.database = server.createDatabase();
		this.arena = new Arena(this.database, contender, Arena.Body::insert);
		this.superuser = BenchmarkServer.jdbc(this.database, "postgres");
		this.arena.application().start();
	}

	/**
	 * Does each of what is measured.
	 * @param time for how long clients dispatch
	 * @return what it costs
	 */
	Cost work(Duration time) throws Exception {
		this.arena.application().stop();
		double dispatch = perJob(() -> dispatch(time));
		double waited = perJob(this::runAll);
		double atOnce = perJob(() -> {
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

	private double perJob(Action action) throws Exception {
		Duration before = this.cpuTime.read();
		action.run();
		return this.cpuTime.read().minus(before).toNanos() / 1e3 / this.dispatched.get();
	}

	@Override
	public void close() {
		this.arena.close();
		this.server.drop(this.database);
	}

	/**
	 * Microseconds of processor time for each job.
	 *
	 * @param dispatch of a transaction that dispatches a job
	 * @param waited of a job that had waited
	 * @param atOnce of a job that is dispatched and run at once
	 */
	record Cost(double dispatch, double waited, double atOnce) {

	}

	@FunctionalInterface
	private interface Action {

		void run() throws Exception;

	}

}
