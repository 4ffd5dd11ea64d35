package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job that waits is cancelled at once, with the commit of whoever does so.
 */
class CancelTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	CancelTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			delay => '0'                                 | waiting
			delay => '1 hour'                            | snoozed
			max_attempts => 3                            | waiting
			time_limit => '1 s'                          | waiting
			priority => 3, delay => '1 hour'             | snoozed
			key => 'k', keep_key => '1 hour'             | waiting
			ordering_key => 'a'                          | waiting
			""")
	void jobThatWaitsIsGone(String option, String state) throws SQLException {
		this.app.fire(Queue.effect("before"));
		long id = this.jobs.dispatch(Queue.effect("never"), option);
		this.app.fire(Queue.effect("after"));
		assertThat(this.jobs.state(id)).isEqualTo(state);
		assertThat(this.jobs.cancel(id)).isEqualTo("cancelled");
		assertThat(this.jobs.state(id)).isNull();
		assertThat(this.jobs.result(id)).isNull();
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("before", "after");
		assertThat(this.jobs.leftovers()).isEmpty();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void jobThatWaitsForItsNextAttemptIsGone() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1/0", "max_attempts => 3");
		this.app.work();
		assertThat(this.jobs.cancel(id)).isEqualTo("cancelled");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "time_limit => '1 s'" })
	void cancellationIsPartOfTheTransaction(String option) throws SQLException {
		long id = this.jobs.dispatch(Queue.effect("job"), option);
		this.app.run("BEGIN");
		assertThat(this.jobs.cancel(id)).isEqualTo("cancelled");
		try (Session worker = this.queue.app()) {
			assertThat(worker.work().completed()).isZero();
			this.app.run("ROLLBACK");
			assertThat(worker.work().completed()).isOne();
		}
		assertThat(this.queue.effects()).containsExactly("job");
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "time_limit => '1 s'" })
	void transactionCancelsWhatItHasDispatched(String option) throws SQLException {
		this.app.run("BEGIN");
		long id = this.jobs.dispatch(Queue.effect("never"), option);
		assertThat(this.jobs.cancel(id)).isEqualTo("cancelled");
		this.app.run("COMMIT");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "time_limit => '1 s'" })
	void whatIsNotThereIsNotCancelled(String option) throws SQLException {
		assertThat(this.jobs.cancel(-1)).isNull();
		long id = this.jobs.dispatch(Queue.effect("done"), option);
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		try (Session session = this.queue.session(other)) {
			assertThat(new ManagedJobs(session).cancel(id)).isNull();
		}
		this.app.work();
		assertThat(this.jobs.cancel(id)).isNull();
		assertThat(this.queue.effects()).containsExactly("done");
	}

	@Test
	void deadLetterIsNotCancelled() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1/0", "ordering_key => 'a'");
		this.app.work();
		assertThat(this.jobs.cancel(id)).isNull();
		assertThat(this.jobs.state(id)).isEqualTo("failed");
	}

	@Test
	void whoAskedForAResultIsTold() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1", "result => 'rows'");
		this.jobs.cancel(id);
		assertThat(this.jobs.result(id)).isEqualTo("cancelled");
		assertThat(this.jobs.find(id, "state, finished_at <= now()")).isEqualTo("cancelled|t");
	}

	@Test
	void jobOfAHandlerIsGoneOrItsNodeIsTold() throws SQLException {
		String dispatch = "SELECT pgdispatch.dispatch_handler('a')";
		Node node = new Node(this.app);
		long waiting = Long.parseLong(this.app.value(dispatch));
		assertThat(this.jobs.cancel(waiting)).isEqualTo("cancelled");
		long running = Long.parseLong(this.app.value(dispatch));
		Node.Job job = node.claim(1, "a").get(0);
		assertThat(this.jobs.state(running)).isEqualTo("running");
		assertThat(this.jobs.cancel(running)).isEqualTo("interrupting");
		assertThat(
				this.app.value("SELECT pgdispatch.heartbeat('%s', '1 minute', '{%d}')".formatted(node.id(), running)))
			.isEqualTo("{" + running + "}");
		assertThat(this.app.value("SELECT pgdispatch.cancel_handler_job('%s', 'a', '%s', %d, 1)".formatted(node.id(),
				job.dueAt(), running)))
			.isEqualTo("t");
		assertThat(this.jobs.leftovers()).isEmpty();
		assertThat(this.queue.deadLetters()).isZero();
	}

}
