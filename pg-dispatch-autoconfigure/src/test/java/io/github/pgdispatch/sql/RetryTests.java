package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

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
	void jobThatHoldsBackOthersIsNewToo() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', rate => 1000)");
		long id = this.jobs.dispatch("SELECT 1/0", "ordering_key => 'a'", "queue => 'q'");
		this.app.work();
		this.app.run("UPDATE pgdispatch.managed_job SET outages = 20, slot_at = now()");
		assertThat(this.jobs.retry(id)).isTrue();
		assertThat(this.app.value("SELECT num_nonnulls(outages, slot_at) FROM pgdispatch.managed_job WHERE id = " + id))
			.isEqualTo("0");
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

	@ParameterizedTest
	@ValueSource(strings = { "key => 'k'", "key => 'k', keep_key => '1 hour'", "key => 'k', ordering_key => 'o'" })
	void jobTakesItsKeyBack(String options) throws SQLException {
		long id = this.jobs.dispatch("INSERT INTO public.missing VALUES ('once')", options);
		this.app.work();
		assertThat(this.jobs.retry(id)).isTrue();
		assertThat(this.jobs.dispatch("INSERT INTO public.missing VALUES ('twice')", "key => 'k'")).isEqualTo(id);
		this.app.run("CREATE TABLE public.missing (job text)");
		this.app.work();
		assertThat(this.app.values("TABLE public.missing")).containsExactly("once");
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', delimiter = '|', textBlock = """
			key => 'k' | false | waits or runs
			key => 'k', keep_key => '1 hour' | true | is done and keeps the key until
			""")
	void jobWhoseKeyAnotherOneHasStaysADeadLetter(String options, boolean done, String reason) throws SQLException {
		long id = this.jobs.dispatch("INSERT INTO public.missing VALUES ('again')", options);
		long same = this.jobs.dispatch("SELECT 1 / 0", "key => 'k2'");
		this.app.work();
		long other = this.jobs.dispatch("SELECT 1", options);
		if (done) {
			this.app.work();
		}
		assertThat(warnings("SELECT pgdispatch.retry(" + id + ")")).singleElement().satisfies((warning) -> {
			assertThat(warning.getMessage()).isEqualTo(
					"pgdispatch: job " + id + " was not dispatched again, as another job has its idempotency key");
			assertThat(warning.getDetail()).startsWith("Job " + other + " ").contains(reason);
			assertThat(warning.getHint()).startsWith("Retry it after the other job has ended");
		});
		assertThat(this.app.values("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter ORDER BY id"))
			.containsExactly("f", "t");
		assertThat(this.jobs.state(id)).isEqualTo("failed");
		assertThat(this.jobs.state(same)).isEqualTo("waiting");
		this.queue.run("UPDATE pgdispatch.job_key SET expires_at = now() WHERE expires_at IS NOT NULL");
		this.app.work();
		assertThat(this.jobs.retry(id)).isTrue();
	}

	private List<ServerErrorMessage> warnings(String sql) throws SQLException {
		List<ServerErrorMessage> warnings = new ArrayList<>();
		try (Statement statement = this.app.connection().createStatement()) {
			statement.execute(sql);
			for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
				warnings.add(((PSQLWarning) warning).getServerErrorMessage());
			}
		}
		return warnings;
	}

}
