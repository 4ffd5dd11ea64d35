package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job's effects happen exactly once, whoever runs at the same time and crashes when.
 */
class NeverTwiceTests extends AbstractQueueTests {

	NeverTwiceTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 100", "prefetch => -49" })
	void workersThatRunAtTheSameTimeRunEachJobOnce(String prefetch) throws Exception {
		int jobs = 3000;
		this.app.run("SELECT pgdispatch.fire(format('INSERT INTO public.effect VALUES (%s)', n)) "
				+ "FROM generate_series(1, " + jobs + ") AS n");
		assertThat(workAtTheSameTime(8, prefetch).stream().mapToInt(Session.Drain::completed).sum()).isEqualTo(jobs);
		assertThat(this.queue.value("SELECT count(*) || ' of ' || count(DISTINCT job) FROM public.effect"))
			.isEqualTo(jobs + " of " + jobs);
		assertThat(this.queue.jobs() + this.queue.deadLetters()).isZero();
	}

	@Test
	void carefulWorkersSuspectNoJobOfWhatAnotherIsDoing() throws Exception {
		int jobs = 200;
		this.app.run("SELECT pgdispatch.fire('SELECT pg_sleep(0.001), 1/0') FROM generate_series(1, " + jobs + ")");
		workAtTheSameTime(8, "prefetch => -499");
		assertThat(this.queue.values("SELECT DISTINCT sqlstate || ' after ' || crashes FROM pgdispatch.dead_letter"))
			.containsExactly("22012 after 0");
		assertThat(this.queue.deadLetters()).isEqualTo(jobs);
	}

	private List<Session.Drain> workAtTheSameTime(int workers, String prefetch) throws Exception {
		List<FutureTask<Session.Drain>> drains = new ArrayList<>();
		for (int i = 0; i < workers; i++) {
			drains.add(Session.async(() -> {
				try (Session worker = this.queue.app()) {
					return worker.work(prefetch);
				}
			}));
		}
		List<Session.Drain> results = new ArrayList<>();
		for (FutureTask<Session.Drain> drain : drains) {
			results.add(drain.get());
		}
		return results;
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void workerThatIsKilledInAJobLeavesNothingOfIt(String prefetch) throws Exception {
		this.app.fire(Queue.effect("first"));
		this.app.fire(Queue.effect("second") + "; SELECT pg_advisory_xact_lock_shared(1)");
		this.app.fire(Queue.effect("third"));
		this.queue.run("SELECT pg_advisory_lock(1)");
		FutureTask<Session.Drain> drain = Session.async(() -> this.app.work(prefetch));
		this.queue.awaitBlocked(this.app);
		this.queue.kill(this.app);
		assertThat(drain).failsWithin(Duration.ofMinutes(1));
		this.queue.run("SELECT pg_advisory_unlock(1)");
		assertEachRanOnce();
	}

	@Test
	void workerThatIsKilledBetweenJobsHasFinishedThoseBefore() throws Exception {
		try (Session table = this.queue.admin()) {
			this.app.fire(Queue.effect("first") + "; SELECT pg_advisory_xact_lock_shared(1)");
			this.app.fire(Queue.effect("second"));
			this.app.fire(Queue.effect("third"));
			this.queue.run("SELECT pg_advisory_lock(1)");
			FutureTask<Session.Drain> drain = Session.async(this.app::work);
			this.queue.awaitBlocked(this.app);
			table.run("BEGIN");
			FutureTask<Void> lock = Session.async(() -> {
				table.run("LOCK TABLE pgdispatch.job IN EXCLUSIVE MODE");
				return null;
			});
			this.queue.awaitBlocked(table);
			this.queue.run("SELECT pg_advisory_unlock(1)");
			lock.get();
			this.queue.awaitBlocked(this.app);
			assertThat(this.queue.effects()).containsExactly("first");
			this.queue.kill(this.app);
			table.run("COMMIT");
			assertThat(drain).failsWithin(Duration.ofMinutes(1));
		}
		assertEachRanOnce();
	}

	private void assertEachRanOnce() throws SQLException {
		try (Session next = this.queue.app()) {
			next.work("prefetch => -49");
		}
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("first", "second", "third");
		assertThat(this.queue.jobs() + this.queue.deadLetters()).isZero();
	}

}
