package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.sql.Node.Job;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who gets which jobs of handlers, and for how long.
 */
class HandlerClaimTests extends AbstractQueueTests {

	/**
	 * A lease of those who only take over from others.
	 */
	private static final String SHORT = "1 millisecond";

	private Session otherSession;

	HandlerClaimTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void logInOnceMore() throws SQLException {
		this.otherSession = this.queue.app();
	}

	@AfterEach
	void logOutOnceMore() throws SQLException {
		this.otherSession.close();
	}

	private void dispatch(String handler, int jobs) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('" + handler + "') FROM generate_series(1, " + jobs + ")");
	}

	@Test
	void oldestAreClaimedFirst() throws SQLException {
		dispatch("a", 3);
		dispatch("a", 1);
		this.app.run(
				"UPDATE pgdispatch.handler_job SET due_at = due_at - interval '1 hour' WHERE id = (SELECT max(id) FROM pgdispatch.handler_job)");
		List<String> oldestFirst = this.app.values("SELECT id FROM pgdispatch.handler_job ORDER BY due_at, id");
		Node node = new Node(this.app);
		for (String id : oldestFirst) {
			assertThat(node.claim(1, "a")).extracting(Job::id).containsExactly(Long.valueOf(id));
		}
		assertThat(node.claim(1, "a")).isEmpty();
	}

	@Test
	void onlyWhatIsDueOfTheHandlersThatWereAskedForIsClaimed() throws SQLException {
		dispatch("a", 1);
		dispatch("b", 1);
		this.app.run("SELECT pgdispatch.dispatch_handler('a', delay => '1 hour')");
		assertThat(new Node(this.app).claim(10, "a", "c")).hasSize(1);
		assertThat(new Node(this.app).claim(10)).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "3, 10, 6", "10, 7, 7", "5, 0, 0", "0, 5, 0" })
	void limitsAreKept(int ofEach, int inAll, int claimed) throws SQLException {
		dispatch("a", 10);
		dispatch("b", 10);
		Map<String, Long> counts = new Node(this.app).claim(inAll, ofEach, "a", "b")
			.stream()
			.collect(Collectors.groupingBy(Job::handler, Collectors.counting()));
		assertThat(counts.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(claimed);
		assertThat(counts.values()).allMatch((count) -> count <= ofEach);
	}

	@ParameterizedTest
	@CsvSource({ "flood, few", "few, flood" })
	void floodOfOneHandlerLeavesOthersTheirShare(String first, String second) throws SQLException {
		dispatch("flood", 100);
		dispatch("few", 3);
		Map<String, Long> counts = new Node(this.app).claim(10, first, second, "none")
			.stream()
			.collect(Collectors.groupingBy(Job::handler, Collectors.counting()));
		assertThat(counts).containsOnly(Map.entry("flood", 7L), Map.entry("few", 3L));
	}

	@Test
	void transactionsThatClaimAtOnceShareTheJobs() throws SQLException {
		dispatch("a", 5);
		this.otherSession.run("SET lock_timeout = '1ms'");
		this.app.run("BEGIN");
		List<Job> one = new Node(this.app).claim(2, "a");
		List<Job> two = new Node(this.otherSession).claim(10, "a");
		this.app.run("COMMIT");
		List<Job> three = new Node(this.otherSession).claim(10, "a");
		assertThat(one).hasSize(2);
		assertThat(two).hasSize(3);
		assertThat(three).isEmpty();
		assertThat(Stream.of(one, two).flatMap(List::stream).map(Job::id)).doesNotHaveDuplicates();
	}

	@Test
	void claimThatIsRolledBackIsNone() throws SQLException {
		dispatch("a", 1);
		this.app.run("BEGIN");
		new Node(this.app).claim(1, "a");
		this.app.run("ROLLBACK");
		assertThat(new Node(this.otherSession).claim(1, "a")).extracting(Job::attempt).containsExactly(1);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.node")).isEqualTo("1");
	}

	/**
	 * Holds a claim up between two handlers, while a node that nobody knew of gets jobs
	 * of the second one.
	 */
	@Test
	void claimOfANodeThatHasJustComeUpIsNotTakenOver() throws Exception {
		dispatch("a", 1);
		dispatch("b", 1);
		this.queue.run(
				"CREATE FUNCTION public.hold_up() RETURNS trigger LANGUAGE plpgsql AS "
						+ "$$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$",
				"CREATE TRIGGER hold_up BEFORE UPDATE ON pgdispatch.handler_job FOR EACH ROW WHEN (NEW.handler = 'a') EXECUTE FUNCTION public.hold_up()");
		try (Session gate = this.queue.admin()) {
			gate.run("SELECT pg_advisory_lock(42)");
			FutureTask<List<Job>> heldUp = Session.async(() -> new Node(this.otherSession).claim(10, "a", "b"));
			this.queue.awaitBlocked(this.otherSession);
			Node node = new Node(this.app);
			List<Job> claimed = node.claim(10, "b");
			gate.run("SELECT pg_advisory_unlock(42)");
			assertThat(heldUp.get()).extracting(Job::handler).containsExactly("a");
			assertThat(node.complete(claimed.get(0))).isTrue();
		}
		finally {
			this.queue.run("DROP TRIGGER hold_up ON pgdispatch.handler_job", "DROP FUNCTION public.hold_up");
		}
	}

	@Test
	void claimOfALiveNodeHolds() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app);
		assertThat(node.claim(10, "a")).extracting(Job::attempt).containsExactly(1);
		assertThat(node.claim(10, "a")).isEmpty();
		assertThat(new Node(this.otherSession, SHORT).claim(10, "a")).isEmpty();
	}

	@Test
	void claimOfADeadNodeIsTakenOver() throws SQLException {
		dispatch("a", 1);
		Node dead = new Node(this.app);
		Job lost = dead.claim(10, "a").get(0);
		dead.freeze();
		Node heir = new Node(this.otherSession, SHORT);
		Job inherited = heir.claim(10, "a").get(0);
		assertThat(inherited).isEqualTo(lost.withAttempt(2));
		assertNotOf(dead, lost);
		assertNotOf(dead, inherited);
		assertThat(heir.complete(inherited)).isTrue();
	}

	@Test
	void claimOfANodeThatHasEndedItsLeaseIsTakenOver() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app);
		node.claim(10, "a");
		node.end();
		assertThat(new Node(this.otherSession).claim(10, "a")).extracting(Job::attempt).containsExactly(2);
	}

	@Test
	void earlierAttemptOfTheSameNodeDoesNotCount() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app, SHORT);
		Job first = node.claim(10, "a").get(0);
		node.freeze();
		Node other = new Node(this.otherSession, SHORT);
		other.claim(10, "a");
		other.freeze();
		assertThat(node.claim(10, "a")).isEmpty();
		Job third = node.claimPoisonJob("a").get(0);
		assertThat(third).isEqualTo(first.withAttempt(3));
		assertNotOf(node, first);
		assertNotOf(node, first.withAttempt(2));
		assertThat(node.complete(third)).isTrue();
	}

	private void assertNotOf(Node node, Job job) throws SQLException {
		String before = this.queue.value("SELECT handler_job::text FROM pgdispatch.handler_job");
		assertThat(node.complete(job)).isFalse();
		assertThat(node.release(job)).isFalse();
		assertThat(node.fail(job)).isFalse();
		assertThat(this.app
			.value("SELECT pgdispatch.complete_handler_jobs('%s', '{%s}', ARRAY['%s'::timestamptz], '{%d}', '{%d}')"
				.formatted(node.id(), job.handler(), job.dueAt(), job.id(), job.attempt())))
			.isEqualTo("{" + job.id() + "}");
		assertThat(this.queue.value("SELECT handler_job::text FROM pgdispatch.handler_job")).isEqualTo(before);
		assertThat(this.queue.deadLetters()).isZero();
	}

	@Test
	void whatNobodyHasTakenOverHoldsAgainOnceTheLeaseIsRenewed() throws SQLException {
		dispatch("a", 2);
		Node node = new Node(this.app);
		List<Job> claimed = node.claim(10, "a");
		node.freeze();
		assertThat(node.complete(claimed.get(0))).as("without anybody else, also before that").isTrue();
		node.renew();
		assertThat(new Node(this.otherSession, SHORT).claim(10, "a")).isEmpty();
		assertThat(node.complete(claimed.get(1))).isTrue();
	}

	@Test
	void claimThatFindsNothingWritesNothingButItsLeaseWhenAQuarterOfThatHasPassed() throws SQLException {
		Node node = new Node(this.app);
		assertThat(writes(node)).isTrue();
		assertThat(writes(node)).isFalse();
		this.queue.run("UPDATE pgdispatch.node SET expires_at = expires_at - interval '16 minutes'");
		assertThat(writes(node)).as("44 minutes of an hour are left").isTrue();
		assertThat(this.queue.value("SELECT expires_at > now() + interval '59 minutes' FROM pgdispatch.node"))
			.isEqualTo("t");
		assertThat(writes(node)).isFalse();
	}

	private boolean writes(Node node) throws SQLException {
		this.app.run("BEGIN");
		assertThat(node.claim(10, "a")).isEmpty();
		boolean writes = this.app.value("SELECT txid_current_if_assigned()") != null;
		this.app.run("COMMIT");
		return writes;
	}

	@Test
	void leaseThatNobodyCouldRenewWhileTheServerWasDownHasNotExpired() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app, "100 years");
		node.claim(10, "a");
		node.missServer("2 hours");
		assertThat(new Node(this.otherSession, SHORT).claim(10, "a")).isEmpty();
		node.freeze();
		assertThat(new Node(this.otherSession, "100 years").claim(10, "a")).hasSize(1);
	}

	@Test
	void completionsOfManyTellWhichWereLost() throws SQLException {
		dispatch("a", 2);
		Node node = new Node(this.app);
		List<Job> claimed = node.claim(10, "a");
		this.app.run("DELETE FROM pgdispatch.handler_job WHERE id = " + claimed.get(0).id());
		assertThat(this.app.value(
				"SELECT pgdispatch.complete_handler_jobs('%s', '{a,a}', ARRAY['%s', '%s']::timestamptz[], '{%d,%d}', '{1,1}')"
					.formatted(node.id(), claimed.get(0).dueAt(), claimed.get(1).dueAt(), claimed.get(0).id(),
							claimed.get(1).id())))
			.isEqualTo("{" + claimed.get(0).id() + "}");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("0");
	}

	@Test
	void jobsThatAreCompletedTogetherReleaseWhatWaitsForThem() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('a', ordering_key => 'order')",
				"SELECT pgdispatch.dispatch_handler('a', ordering_key => 'order')",
				"SELECT pgdispatch.dispatch_handler('a', key => 'key')", "SELECT pgdispatch.dispatch_handler('a')");
		Node node = new Node(this.app);
		List<Job> claimed = node.claim(10, "a");
		assertThat(claimed).hasSize(3);
		node.complete(claimed);
		assertThat(node.claim(10, "a")).as("the second in the order").hasSize(1);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.job_key")).isEqualTo("0");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("1");
	}

	@Test
	void releasedJobIsThereAtOnceAndItsAttemptNotCounted() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app);
		Job job = node.claim(10, "a").get(0);
		assertThat(node.release(job)).isTrue();
		assertThat(node.release(job)).isFalse();
		assertThat(new Node(this.otherSession).claim(10, "a")).containsExactly(job);
	}

	@Test
	void releasedJobMayHaveToWait() throws SQLException {
		dispatch("a", 1);
		Node node = new Node(this.app);
		assertThat(node.release(node.claim(10, "a").get(0), "1 hour")).isTrue();
		assertThat(node.claim(10, "a")).isEmpty();
		assertThat(this.app.value(
				"SELECT due_at BETWEEN now() + '59 minutes' AND now() + '1 hour' AND attempts = 0 AND claimed_by IS NULL FROM pgdispatch.handler_job"))
			.isEqualTo("t");
	}

	@Test
	void failedJobIsADeadLetterWithAllThatWasKnown() throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('a', '{\"id\": 1}', headers => '{\"trace\": \"x\"}')");
		String job = this.app
			.value("SELECT format('%s %s %s %s', role, id, dispatched_at, due_at) FROM pgdispatch.handler_job");
		Node node = new Node(this.app);
		assertThat(node.fail(node.claim(10, "a").get(0))).isTrue();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("0");
		assertThat(this.app
			.values("SELECT format('%s %s %s %s', role, id, dispatched_at, due_at) FROM pgdispatch.dead_letter"))
			.containsExactly(job);
		assertThat(this.app
			.value("""
					SELECT format('%s %s %s %s %s|%s|%s', coalesce(command, 'none'), handler, arguments, headers, attempts, sqlstate,
					              message || ' ' || context)
					  FROM pgdispatch.dead_letter"""))
			.isEqualTo("none a {\"id\": 1} {\"trace\": \"x\"} 1|23505|it is there at line 1");
	}

}
