package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The circuit breaker of a queue, which SQL and handlers share.
 */
class QueueBreakerTests extends AbstractRunLogTests {

	private static final String QUEUE = "queue => 'q'";

	QueueBreakerTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void setQueue() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2, break_after => 3, break_for => '10 minutes')",
				"CREATE TABLE IF NOT EXISTS public.switch (is_on boolean)", "TRUNCATE public.switch",
				"INSERT INTO public.switch VALUES (false)");
	}

	/**
	 * Returns a command that fails while the switch is off.
	 */
	private static String needsSwitch(String job) {
		return RunLog.run(job) + "; SELECT 1 / is_on::integer FROM public.switch";
	}

	private void jobs(int jobs, String... options) throws SQLException {
		for (int i = 1; i <= jobs; i++) {
			this.app.run(dispatch(needsSwitch("job " + i), options));
		}
	}

	private void turnOn() throws SQLException {
		this.app.run("UPDATE public.switch SET is_on = true");
	}

	private void letAProbeBegin() throws SQLException {
		this.queue.run("UPDATE pgdispatch.breaker SET probe_at = now() - interval '1 second'",
				"UPDATE pgdispatch.job SET due_at = now() - interval '1 second' WHERE command LIKE '%release_held_jobs%'");
		this.queue.run(
				"UPDATE pgdispatch.managed_job AS m SET due_at = j.due_at, place = j.due_at, rank = j.due_at FROM pgdispatch.job AS j"
						+ " WHERE j.id = m.id AND command LIKE '%release_held_jobs%'");
	}

	private List<String> tripped() throws SQLException {
		return this.app.values("SELECT queue || '|' || count FROM pgdispatch.status() WHERE kind = 'breaker'");
	}

	private int breakers() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(*) FROM pgdispatch.breaker"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100" })
	void tripsAfterFailuresInARowAndAllJobsRunInTheEnd(String prefetch) throws SQLException {
		jobs(20, QUEUE);
		assertThat(this.app.work(prefetch).failed()).isEqualTo(3);
		assertThat(tripped()).containsExactly("q|3");
		assertThat(this.queue.deadLetters()).isEqualTo(3);
		assertThat(this.app.value("SELECT string_agg(DISTINCT state, ',') FROM pgdispatch.jobs() WHERE queue = 'q'"))
			.isEqualTo("held");
		letAProbeBegin();
		assertThat(this.app.work(prefetch).failed()).isOne();
		assertThat(tripped()).containsExactly("q|4");
		turnOn();
		assertThat(this.app.work(prefetch).completed()).isZero();
		letAProbeBegin();
		this.app.work(prefetch);
		assertThat(breakers()).isZero();
		assertThat(this.runLog.runs()).hasSize(16);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE queue IS NOT NULL"))
			.isEqualTo("0");
	}

	@Test
	void successEndsTheCountAloneAndInAChunk() throws SQLException {
		for (String prefetch : List.of("prefetch => 1", "prefetch => 50", "prefetch => 100")) {
			this.app.run(dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE));
			this.app.work();
			assertThat(breakers()).isOne();
			job("good", QUEUE);
			job("better", QUEUE);
			this.app.work(prefetch);
			assertThat(breakers()).isZero();
		}
		assertThat(tripped()).isEmpty();
	}

	@Test
	void methodsAndSqlFailAndWaitTogether() throws SQLException {
		this.app.run(dispatch("SELECT 1/0", QUEUE));
		calls("h", QUEUE);
		calls("h", QUEUE);
		calls("h", QUEUE);
		this.app.work();
		this.node.claim(5, "h").forEach((job) -> failsFor(job));
		assertThat(tripped()).containsExactly("q|3");
		assertThat(this.node.claim(5, "h")).isEmpty();
		job("waits", QUEUE);
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		letAProbeBegin();
		this.app.work();
		List<Node.Job> probe = this.node.claim(5, "h");
		assertThat(probe).hasSize(1);
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		this.node.complete(probe);
		assertThat(breakers()).isZero();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("waits");
	}

	private void failsFor(Node.Job job) {
		try {
			this.node.fail(job);
		}
		catch (SQLException ex) {
			throw new AssertionError(ex);
		}
	}

	@Test
	void jobDispatchedWhenAProbeIsDueLetsTheFirstOneBegin() throws SQLException {
		jobs(5, QUEUE);
		this.app.work();
		turnOn();
		this.queue.run("UPDATE pgdispatch.breaker SET probe_at = now() - interval '1 second'");
		job("last", QUEUE);
		this.app.work();
		assertThat(breakers()).isZero();
		assertThat(this.runLog.runs()).containsExactly("job 4", "job 5", "last");
	}

	@Test
	void killedSessionOfAProbeNeitherLosesItNorBlocksTheBreaker() throws Exception {
		this.app.run(dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE),
				dispatch(RunLog.wait("probe"), QUEUE));
		job("behind", QUEUE);
		this.app.work();
		assertThat(tripped()).hasSize(1);
		letAProbeBegin();
		try (Session gate = this.runLog.closeGate(); Session worker = this.queue.app()) {
			FutureTask<Session.Drain> drain = Session.async(worker::work);
			this.runLog.awaitAtGate(1);
			assertThat(this.app.work().completed()).isZero();
			this.queue.kill(worker);
			assertThat(drain).failsWithin(Duration.ofMinutes(1));
		}
		assertThat(tripped()).hasSize(1);
		this.app.work();
		assertThat(breakers()).isZero();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("probe", "behind");
	}

	@Test
	void nodeThatDiesWithAProbeNeitherLosesItNorBlocksTheBreaker() throws SQLException {
		this.app.run(dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE));
		this.app.work();
		calls("h", QUEUE);
		calls("h", QUEUE);
		assertThat(this.node.claim(5, "h")).isEmpty();
		letAProbeBegin();
		this.app.work();
		assertThat(this.node.claim(5, "h")).hasSize(1);
		this.node.freeze();
		Node survivor = new Node(this.app, "1 ms");
		List<Node.Job> probe = survivor.claim(5, "h");
		assertThat(probe).hasSize(1);
		survivor.complete(probe);
		this.app.work();
		assertThat(survivor.claim(5, "h")).hasSize(1);
	}

	@Test
	void workersAtOnceRunOneProbe() throws Exception {
		this.app.run(dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE), dispatch("SELECT 1/0", QUEUE));
		this.app.work();
		for (int i = 0; i < 10; i++) {
			this.app.run(dispatch(RunLog.wait("job"), QUEUE));
		}
		this.app.work();
		letAProbeBegin();
		try (Session gate = this.runLog.closeGate()) {
			List<FutureTask<Session.Drain>> workers = List.of(this.runLog.work(), this.runLog.work(),
					this.runLog.work());
			this.runLog.awaitAtGate(1);
			assertThat(this.app.work().completed()).isZero();
			assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE in_queue")).isEqualTo("1");
			gate.close();
			for (FutureTask<Session.Drain> worker : workers) {
				worker.get();
			}
		}
		this.app.work();
		assertThat(this.runLog.runs()).hasSize(10);
	}

	@Test
	void pauseOfAnOperatorWins() throws SQLException {
		jobs(5, QUEUE);
		this.app.work();
		this.app.run("SELECT pgdispatch.pause(queue => 'q')");
		turnOn();
		letAProbeBegin();
		this.app.work();
		assertThat(tripped()).hasSize(1);
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		assertThat(breakers()).isZero();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("job 4", "job 5");
	}

	@ParameterizedTest
	@ValueSource(strings = { "pgdispatch.set_queue('q', concurrency => 2)", "pgdispatch.drop_queue('q')",
			"pgdispatch.resume(queue => 'q')" })
	void operatorResetsIt(String how) throws SQLException {
		jobs(6, QUEUE);
		this.app.work();
		turnOn();
		this.app.run("SELECT " + how);
		assertThat(breakers()).isZero();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("job 4", "job 5", "job 6");
	}

	@Test
	void otherLimitsDoNotResetIt() throws SQLException {
		jobs(6, QUEUE);
		this.app.work();
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 10, break_after => 5)");
		this.app.work();
		assertThat(tripped()).containsExactly("q|3");
		assertThat(this.runLog.runs()).isEmpty();
	}

	@Test
	void releaseComesAfterTheTimeOfAProbeAlsoAfterALongTransaction() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2, break_after => 1, break_for => '2 seconds')",
				dispatch("SELECT pg_sleep(1.5), 1/0", QUEUE));
		job("waits", QUEUE);
		this.app.work();
		assertThat(this.queue.value("""
				SELECT bool_and(j.due_at > b.probe_at) FROM pgdispatch.breaker AS b, pgdispatch.job AS j
				 WHERE j.command LIKE '%release_held_jobs%'""")).isEqualTo("t");
	}

	@Test
	void outagesDoNotCount() throws SQLException {
		for (int i = 0; i < 5; i++) {
			this.app.run(dispatch("DO $do$ BEGIN RAISE SQLSTATE ''08006''; END $do$".replace("''", "'"), QUEUE));
		}
		this.app.work();
		assertThat(breakers()).isZero();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE outages = 1")).isEqualTo("5");
	}

}
