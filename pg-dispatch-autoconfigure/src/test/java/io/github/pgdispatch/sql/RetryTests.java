package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A dead letter that is retried is the same job again, with all that was asked of it.
 */
class RetryTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	RetryTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.app.run("DROP TABLE IF EXISTS public.missing");
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "max_attempts => 3", "time_limit => '1 hour'", "result => 'count'",
			"ordering_key => 'a'", "ordering_key => 'a', on_failure => 'pass'", "key => 'k', keep_key => '1 s'",
			"priority => 100", "headers => '{\"a\": \"b\"}'" })
	void jobRunsOnceWhenItsTroubleIsOver(String option) throws SQLException {
		long id = this.jobs.dispatch("INSERT INTO public.missing VALUES ('there')", option);
		this.app.work();
		assertThat(this.jobs.state(id)).isEqualTo("failed");
		this.app.run("CREATE TABLE public.missing (job text)");
		assertThat(this.jobs.retry(id)).isTrue();
		assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("waiting|0");
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.app.values("TABLE public.missing")).containsExactly("there");
		assertThat(this.jobs.leftovers()).noneMatch((row) -> !row.contains("k"));
		assertThat(this.jobs.retry(id)).isFalse();
	}

	@Test
	void everythingThatWasAskedForSurvives() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2)");
		long id = this.jobs.dispatch("SELECT 1/0", "max_attempts => 2", "back_off => '10 ms'",
				"back_off_multiplier => 1.5", "max_back_off => '3 s'", "time_limit => '1 hour'", "key => 'k'",
				"keep_key => '1 s'", "ordering_key => 'a'", "on_failure => 'pass'", "queue => 'q'", "priority => 7",
				"result => 'rows'", "keep_result => '2 days'", "headers => '{\"trace\": \"42\"}'");
		String kept = "id, command, attempts, sqlstate, headers, options, dispatched_at";
		drain();
		String first = this.jobs.deadLetters(kept).get(0);
		assertThat(first).contains("|2|22012|{\"trace\": \"42\"}|")
			.contains("00:00:00.01", "1.5", "00:00:03", "01:00:00")
			.contains("keep_key", "ordering_key", "pass", "queue", "priority", "rows", "2 days");
		assertThat(this.jobs.retry(id)).isTrue();
		drain();
		assertThat(this.jobs.deadLetters(kept)).containsExactly(first);
		assertThat(this.jobs.result(id)).isEqualTo("failed|22012|division by zero");
	}

	private void drain() throws SQLException {
		while (this.queue.deadLetters() == 0) {
			this.app.work();
		}
	}

	@Test
	void attemptsAreCountedAnew() throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(100, "22012"), "max_attempts => 3", "back_off => '0'");
		this.app.work();
		this.jobs.retry(id);
		this.app.work();
		assertThat(this.jobs.runs()).isEqualTo(6);
		assertThat(this.jobs.deadLetters("id, attempts")).containsExactly(id + "|3");
	}

	@Test
	void deadLettersAreRetriedByFilter() throws SQLException {
		for (int i = 0; i < 5; i++) {
			this.jobs.dispatch("INSERT INTO public.missing VALUES ('" + i + "')", "max_attempts => 2");
			this.app.fire("SELECT 1/0");
		}
		this.app.work();
		this.app.run("CREATE TABLE public.missing (job text)");
		assertThat(this.app.values("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter WHERE sqlstate = '42P01'"))
			.hasSize(5)
			.containsOnly("t");
		assertThat(this.app.work().completed()).isEqualTo(5);
		assertThat(this.jobs.deadLetters("sqlstate")).hasSize(5).containsOnly("22012");
		assertThat(this.app.values("SELECT job FROM public.missing ORDER BY job")).containsExactly("0", "1", "2", "3",
				"4");
	}

	@Test
	void whatIsRolledBackIsStillADeadLetter() throws SQLException {
		this.app.fire("SELECT 1/0");
		this.app.work();
		long id = Long.parseLong(this.jobs.deadLetters("id").get(0));
		this.app.run("BEGIN");
		assertThat(this.jobs.retry(id)).isTrue();
		this.app.run("ROLLBACK");
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.jobs.state(id)).isEqualTo("failed");
	}

	@Test
	void twoWhoRetryAtTheSameTimeRetryItOnce() throws Exception {
		this.app.fire(this.jobs.failing(1, "22012"));
		this.app.work();
		long id = Long.parseLong(this.jobs.deadLetters("id").get(0));
		this.app.run("BEGIN");
		assertThat(this.jobs.retry(id)).isTrue();
		try (Session other = this.queue.app()) {
			FutureTask<Boolean> second = Session.async(() -> new ManagedJobs(other).retry(id));
			this.queue.awaitBlocked(other);
			this.app.run("COMMIT");
			assertThat(second.get()).isFalse();
		}
		assertThat(this.app.work().completed()).isOne();
	}

	@Test
	void whatIsNotThereOrNotTheRolesIsNotRetried() throws SQLException {
		assertThat(this.jobs.retry(-1)).isFalse();
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		this.app.fire("SELECT 1/0");
		this.app.work();
		long id = Long.parseLong(this.jobs.deadLetters("id").get(0));
		try (Session session = this.queue.session(other)) {
			assertThat(new ManagedJobs(session).retry(id)).isFalse();
		}
		assertThat(this.queue.deadLetters()).isOne();
	}

}
