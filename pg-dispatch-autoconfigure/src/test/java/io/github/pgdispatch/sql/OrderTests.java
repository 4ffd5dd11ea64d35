package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The jobs of one ordering key run one after the other.
 */
class OrderTests extends AbstractRunLogTests {

	private static final String ORDER = "ordering_key => 'o'";

	private static final String PASS = "on_failure => 'pass'";

	OrderTests(TestDatabase database) {
		super(database);
	}

	@Test
	void severalWorkersRunThemOneAfterTheOtherInTheOrderOfTheirCommits() throws Exception {
		for (int i = 0; i < 60; i++) {
			this.app.run(dispatch(RunLog.run("job " + i) + "; SELECT pg_sleep(0.001)", ORDER));
			job("free");
		}
		this.runLog.drain(4);
		List<String> runs = this.runLog.runs().stream().filter((job) -> !job.equals("free")).toList();
		assertThat(runs).containsExactlyElementsOf(IntStream.range(0, 60).mapToObj((i) -> "job " + i).toList());
		assertThat(this.queue.value("SELECT count(*) FROM public.run AS a, public.run AS b "
				+ "WHERE a.job <> 'free' AND b.job <> 'free' AND a.number < b.number AND a.at > b.at"))
			.isEqualTo("0");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void whatIsCommittedLateComesFirstIfItWasDispatchedFirst() throws SQLException {
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			job(open, "early", ORDER);
			job("one", ORDER);
			this.app.work();
			job("two", ORDER);
			open.run("COMMIT");
		}
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("one", "early", "two");
	}

	@Test
	void jobsOfHandlersAndCommandsHaveTheirOrderTogether() throws SQLException {
		job("first", ORDER);
		calls("a", ORDER);
		job("third", ORDER);
		calls("b", ORDER);
		assertThat(this.node.claim(5, "a", "b")).isEmpty();
		assertThat(this.app.work().completed()).isOne();
		Node.Job second = this.node.claim(5, "b", "a").get(0);
		assertThat(second.handler()).isEqualTo("a");
		assertThat(this.app.work().completed()).isZero();
		assertThat(this.node.claim(5, "a", "b")).isEmpty();
		assertThat(this.node.complete(second)).isTrue();
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.node.claim(5, "a", "b")).hasSize(1);
	}

	@Test
	void claimOfManyTakesOneOfEachOrderingKey() throws SQLException {
		for (int i = 0; i < 6; i++) {
			calls("a", "ordering_key => 'o" + (i % 2) + "'");
		}
		for (int i = 0; i < 3; i++) {
			List<Node.Job> claimed = this.node.claim(10, "a");
			assertThat(claimed).hasSize(2);
			this.node.complete(claimed);
		}
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobThatIsSnoozedTakesItsPlaceWhenItFallsDue() throws SQLException {
		job("snoozed", "'1 hour'", ORDER);
		job("due", ORDER);
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.runLog.runs()).containsExactly("due");
	}

	@Test
	void jobThatWaitsForItsNextAttemptHoldsBackThoseBehindIt() throws SQLException {
		String first = this.app.value(dispatch("SELECT 1/0", ORDER, "max_attempts => 3", "back_off => '1 hour'"));
		job("second", ORDER);
		assertThat(this.app.work().completed()).isZero();
		assertThat(this.runLog.state(first)).isEqualTo("snoozed");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + first + ")")).isEqualTo("cancelled");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("second");
	}

	@Test
	void jobThatWaitsForItsNextAttemptLetsThoseBehindItPassIfAskedTo() throws SQLException {
		this.app.run(dispatch("SELECT 1/0", ORDER, PASS, "max_attempts => 3", "back_off => '1 hour'"));
		job("second", ORDER);
		assertThat(this.app.work().completed()).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT pgdispatch.retry(%s)", "DELETE FROM pgdispatch.dead_letter WHERE id = %s" })
	void deadLetterHoldsBackThoseBehindItUntilItIsRunAgainOrDeleted(String remedy) throws SQLException {
		String failing = "INSERT INTO public.run (job) SELECT 'first' || 1 / count(*) FROM public.effect";
		String first = this.app.value(dispatch(failing, ORDER));
		job("second", ORDER);
		job("other", "ordering_key => 'other'");
		this.app.work();
		job("third", ORDER);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("other");
		this.app.run(Queue.effect("no more division by zero"), remedy.formatted(first));
		this.app.work();
		assertThat(this.runLog.runs().subList(1, this.runLog.runs().size())).containsExactlyElementsOf(
				remedy.contains("retry") ? List.of("first1", "second", "third") : List.of("second", "third"));
		assertThat(this.runLog.remains()).isZero();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void deadLetterThatIsRunAgainAndFailsAgainGoesOnHolding() throws SQLException {
		String first = this.app.value(dispatch("SELECT 1/0", ORDER));
		job("second", ORDER);
		this.app.work();
		assertThat(this.app.value("SELECT pgdispatch.retry(" + first + ")")).isEqualTo("t");
		this.app.work();
		assertThat(this.queue.deadLetters()).isOne();
		assertThat(this.runLog.runs()).isEmpty();
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("second");
	}

	@Test
	void deadLetterLetsThoseBehindItPassIfAskedToAndTakesItsPlaceWhenItIsRunAgain() throws SQLException {
		String first = this.app.value(dispatch("SELECT 1/0", ORDER, PASS));
		job("second", ORDER);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("second");
		this.app.run("SELECT pgdispatch.retry(" + first + ")");
		job("third", ORDER);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("second", "third");
	}

	@Test
	void deadLettersOfHandlersHoldToo() throws SQLException {
		calls("a", ORDER);
		String id = calls("a", ORDER);
		job("last", ORDER);
		assertThat(this.node.fail(this.node.claim(5, "a").get(0))).isTrue();
		assertThat(this.node.claim(5, "a")).isEmpty();
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		this.app.work();
		assertThat(this.node.claim(5, "a")).hasSize(1).first().extracting(Node.Job::id).hasToString(id);
	}

	@ParameterizedTest
	@ValueSource(strings = { ORDER, ORDER + ", " + PASS })
	void clockThatIsSetBackDoesNotChangeTheOrder(String options) throws SQLException {
		String first = job("first", options);
		dispatchedBeforeTheClockWasSetBack(first);
		String second = job("second", options);
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		assertThat(this.runLog.state(second)).isEqualTo("held");
		clockCatchesUp(first);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("first", "second");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void clockThatIsSetBackDoesNotHaveASnoozedOrFailedJobHoldTheOthers() throws SQLException {
		job("snoozed", ORDER, "delay => '20 seconds'");
		String failed = this.app
			.value(dispatch("SELECT 1 / 0", ORDER, PASS, "max_attempts => 2", "back_off => '20 seconds'"));
		this.app.work();
		assertThat(this.runLog.state(failed)).isEqualTo("snoozed");
		job("other", ORDER);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("other");
	}

	private void dispatchedBeforeTheClockWasSetBack(String id) throws SQLException {
		moveBySeconds(id, 20);
	}

	private void clockCatchesUp(String id) throws SQLException {
		moveBySeconds(id, -20);
	}

	private void moveBySeconds(String id, int seconds) throws SQLException {
		this.queue.run("UPDATE pgdispatch.job SET due_at = due_at + interval '" + seconds + " s' WHERE id = " + id,
				"UPDATE pgdispatch.managed_job SET due_at = due_at + interval '%1$d s', place = place + interval '%1$d s', rank = rank + interval '%1$d s' WHERE id = %2$s"
					.formatted(seconds, id));
	}

}
