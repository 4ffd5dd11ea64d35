package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A time limit hits the job whose it is, and no other one that the same session runs just
 * before or after it.
 */
class TimeLimitRaceTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	TimeLimitRaceTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	/**
	 * Whoever watches does so without a pause, and the jobs take about as long as they
	 * may.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "", ", max_attempts => 50, back_off => '0'", ", result => 'count'" })
	void manyQuickJobsWithLimitsOfAFewMilliseconds(String options) throws Exception {
		int number = 300;
		this.app.run("BEGIN");
		for (int i = 0; i < number; i++) {
			double seconds = (i % 7) / 1000.0;
			String sleep = "SELECT pg_sleep(" + seconds + "); ";
			this.jobs.dispatch(sleep + Queue.effect("limited " + i),
					"time_limit => '" + (1 + i % 5) + " ms'" + options);
			this.jobs.dispatch(sleep + Queue.effect("managed " + i), "result => 'count'");
			this.app.fire(sleep + Queue.effect("plain " + i));
		}
		this.app.run("COMMIT");
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			List<FutureTask<Session.Drain>> drains = new ArrayList<>();
			for (Session worker : List.of(one, two)) {
				drains.add(Session.async(worker::work));
			}
			await().pollInterval(Duration.ofMillis(1)).until(() -> {
				this.app.run("SELECT pgdispatch.enforce_time_limits() FROM generate_series(1, 10)");
				return drains.stream().allMatch(FutureTask::isDone);
			});
			for (FutureTask<Session.Drain> drain : drains) {
				assertThat(drain.get().drained()).isTrue();
			}
		}
		List<String> effects = this.queue.effects();
		assertThat(effects).doesNotHaveDuplicates();
		assertThat(effects.stream().filter((effect) -> !effect.startsWith("limited"))).hasSize(2 * number);
		List<String> failed = this.jobs.deadLetters("sqlstate, crashes");
		assertThat(failed).allMatch("PD001|0"::equals);
		if (!options.contains("max_attempts")) {
			assertThat(failed).isNotEmpty();
		}
		assertThat(effects.size() + failed.size()).isEqualTo(3 * number);
		assertThat(this.jobs.leftovers()).isEmpty();
	}

}
