package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Of jobs that are due, one with a priority has a place that is so many seconds before
 * the one that it would have.
 */
class PriorityTests extends AbstractRunLogTests {

	PriorityTests(TestDatabase database) {
		super(database);
	}

	private void makeOlder(String job, int seconds) throws SQLException {
		String where = " WHERE id = " + job;
		String interval = " - interval '" + seconds + " seconds'";
		for (String table : List.of("job", "handler_job")) {
			this.queue.run("UPDATE pgdispatch." + table + " SET due_at = due_at" + interval + where);
		}
		this.queue.run("UPDATE pgdispatch.managed_job SET due_at = due_at" + interval + ", rank = rank" + interval
				+ ", place = place" + interval + where);
	}

	@Test
	void jobGoesBeforeThoseThatAreOlderByUpToSoManySecondsAndBehindThoseThatAreOlder() throws SQLException {
		makeOlder(job("much older"), 120);
		makeOlder(job("older"), 30);
		job("first");
		job("urgent", "priority => 60");
		job("a little urgent", "priority => 10");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("much older", "urgent", "older", "a little urgent", "first");
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ", ordering_key => 'a'" })
	void deadLetterThatIsRetriedHasItStill(String order) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch('INSERT INTO public.missing SELECT', priority => 60" + order + ")");
		String urgent = this.queue.value("SELECT id FROM pgdispatch.job");
		this.app.work();
		makeOlder(job("older"), 30);
		this.app.run("SELECT pgdispatch.retry(" + urgent + ")");
		assertThat(this.app.value("SELECT id FROM pgdispatch.job ORDER BY due_at LIMIT 1")).isEqualTo(urgent);
	}

	@Test
	void jobsOfHandlersToo() throws SQLException {
		String old = calls("h");
		makeOlder(old, 30);
		calls("h");
		String urgent = calls("h", "priority => 60");
		assertThat(this.node.claim(3, "h")).extracting(Node.Job::id)
			.containsExactlyInAnyOrderElementsOf(
					this.queue.values("SELECT id FROM pgdispatch.handler_job").stream().map(Long::valueOf).toList());
		this.queue.run("UPDATE pgdispatch.handler_job SET claimed_by = NULL");
		assertThat(this.node.claim(1, "h").get(0).id()).hasToString(urgent);
		assertThat(this.node.claim(1, "h").get(0).id()).hasToString(old);
	}

	@Test
	void snoozedJobGetsItsPlaceWhenItFallsDueAndNoSooner() throws SQLException {
		String urgent = job("urgent", "'1 hour'", "priority => 7200");
		assertThat(this.app.work().completed()).isZero();
		String call = calls("h", "delay => '1 hour'", "priority => 7200");
		assertThat(this.node.claim(1, "h")).isEmpty();
		makeOlder(job("old"), 30);
		makeOlder(urgent, 3600);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("urgent", "old");
		makeOlder(calls("h"), 30);
		makeOlder(call, 3600);
		assertThat(this.node.claim(1, "h").get(0).id()).hasToString(call);
	}

	@Test
	void urgentJobsThatKeepComingDoNotStarveAnOldOne() throws SQLException {
		makeOlder(job("old"), 61);
		for (int i = 0; i < 100; i++) {
			job("urgent", "priority => 60");
		}
		this.app.run("CALL pgdispatch.work(slice => '0')");
		assertThat(this.runLog.runs()).containsExactly("old");
	}

	@Test
	void queueLetsTheMostUrgentGoFirst() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		calls("h", "queue => 'q'");
		Node.Job running = this.node.claim(1, "h").get(0);
		job("first", "queue => 'q'");
		job("urgent", "queue => 'q'", "priority => 60");
		this.app.work();
		this.node.complete(running);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("urgent", "first");
	}

}
