package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * No fair key begins more jobs in any time than its rate allows, none is slower than it
 * has to be, and none waits for the rate of another.
 */
class FairRateTests extends AbstractRunLogTests {

	FairRateTests(TestDatabase database) {
		super(database);
	}

	private void set(int concurrency, int perKey, int rate, String per) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => " + concurrency + ", per_key => " + perKey
				+ ", rate_per_key => " + rate + ", per => '" + per + "')");
	}

	private static String[] of(String key) {
		return new String[] { "queue => 'q'", "fair_key => '" + key + "'" };
	}

	private void calls(String keys) throws SQLException {
		for (String key : keys.split("")) {
			calls("h", of(key));
		}
	}

	private String keys(List<Node.Job> jobs) throws SQLException {
		StringBuilder keys = new StringBuilder();
		for (Node.Job job : jobs) {
			keys.append(this.queue.value("SELECT fair_key FROM pgdispatch.managed_job WHERE id = " + job.id()));
		}
		return keys.toString();
	}

	private String claimed() throws SQLException {
		return keys(claimAll());
	}

	/**
	 * Claims all that may begin. A claim that takes long leaves the rest to the next one.
	 */
	private List<Node.Job> claimAll() throws SQLException {
		List<Node.Job> claimed = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			claimed.addAll(this.node.claim(10, "h"));
		}
		return claimed;
	}

	/**
	 * Makes the rate of all keys let a job begin, as if time had passed.
	 */
	private void pass() throws SQLException {
		this.queue.run("UPDATE pgdispatch.fair_rate SET next_at = now() WHERE next_at > now()",
				"UPDATE pgdispatch.fair_turn SET serve_at = NULL");
		this.app.run("SELECT pgdispatch.release_held_jobs(NULL, 'q')");
	}

	@Test
	void noKeyExceedsItsRateHoweverManyRunItsJobs() throws Exception {
		set(4, 2, 10, "500 ms");
		for (int i = 0; i < 20; i++) {
			for (String key : List.of("a", "b")) {
				this.app.run(dispatch(RunLog.run(key), of(key)));
			}
			calls("ab");
		}
		FutureTask<Map<String, List<Long>>> node = Session.async(() -> {
			Map<String, List<Long>> times = new HashMap<>();
			try (Session session = this.queue.app()) {
				Node other = new Node(session);
				for (int ran = 0; ran < 40;) {
					for (Node.Job job : other.claim(3, "h")) {
						String key = session
							.value("SELECT fair_key FROM pgdispatch.managed_job WHERE id = " + job.id());
						times.computeIfAbsent(key, (any) -> new ArrayList<>()).add(millis(session));
						assertThat(other.complete(job)).isTrue();
						ran++;
					}
				}
			}
			return times;
		});
		long start = millis(this.app);
		while (this.runLog.runs().size() < 40 || !node.isDone()) {
			this.runLog.drain(3);
		}
		// 40 jobs of each key, 50 ms apart.
		assertThat(millis(this.app) - start).isBetween(1_900L, 30_000L);
		for (String key : List.of("a", "b")) {
			List<Long> times = new ArrayList<>(node.get().get(key));
			this.queue
				.values("SELECT (date_part('epoch', at) * 1000)::bigint FROM public.run WHERE job = '" + key + "'")
				.forEach((time) -> times.add(Long.parseLong(time)));
			assertThat(times).hasSize(40);
			assertSpaced(times, 50);
		}
	}

	private static long millis(Session session) throws SQLException {
		return Long.parseLong(session.value("SELECT (date_part('epoch', clock_timestamp()) * 1000)::bigint"));
	}

	/**
	 * Asserts that any number of jobs took as long to begin as they have to. A job notes
	 * its time after it has begun, maybe long after, but keeps one of the two places
	 * until then.
	 */
	private static void assertSpaced(List<Long> times, long spacing) {
		List<Long> sorted = times.stream().sorted().toList();
		for (int first = 0; first < sorted.size(); first++) {
			for (int last = first + 5; last < sorted.size(); last++) {
				assertThat(sorted.get(last) - sorted.get(first)).as("from %d to %d of %s", first, last, sorted)
					.isGreaterThanOrEqualTo((last - first - 2) * spacing - 1);
			}
		}
	}

	@Test
	void keyAloneIsAsFastAsItsRate() throws Exception {
		set(1, 1, 20, "1 second");
		Duration enough = Duration.ofMillis(2_500);
		assertThat(Attempts.shortest(enough, () -> {
			this.app.run("TRUNCATE public.run");
			for (int i = 0; i < 20; i++) {
				job("a", of("a"));
			}
			long start = millis(this.app);
			this.runLog.drain(2);
			assertThat(this.runLog.runs()).hasSize(20);
			return Duration.ofMillis(millis(this.app) - start);
		})).isBetween(Duration.ofMillis(900), enough);
	}

	@Test
	void keyThatHasBegunLeavesItsTurnToOthers() throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("aaaabbbc");
		assertThat(claimed()).isEqualTo("ab");
		this.app.run("SELECT pgdispatch.complete_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts)"
				+ " FROM pgdispatch.handler_job AS j WHERE claimed_by IS NOT NULL");
		assertThat(claimed()).isEqualTo("c");
		calls("d");
		assertThat(claimed()).isEqualTo("d");
		calls("e");
		assertThat(claimed()).isEmpty();
	}

	@Test
	void keysTakeTurnsWhenTheirTimeComes() throws SQLException {
		set(1, 1, 1, "1 hour");
		calls("aaabbc");
		StringBuilder order = new StringBuilder();
		for (int i = 0; i < 6; i++) {
			List<Node.Job> job = this.node.claim(1, "h");
			order.append(keys(job));
			this.node.complete(job);
			pass();
		}
		assertThat(order.toString()).isEqualTo("abcaba");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobsWithoutAKeyShareARate() throws SQLException {
		set(3, 3, 1, "1 hour");
		calls("h", "queue => 'q'");
		calls("h", "queue => 'q'");
		assertThat(this.node.claim(10, "h")).hasSize(1);
		pass();
		assertThat(this.node.claim(10, "h")).hasSize(1);
	}

	@Test
	void retryIsCountedLikeAnyOtherJob() throws SQLException {
		set(1, 1, 1, "1 hour");
		String id = job("a", of("a"));
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("a");
		this.app.run(dispatch("SELECT 1 / 0",
				"queue => 'q', fair_key => 'b', max_attempts => 2, back_off => '1 millisecond'"));
		this.app.work();
		await().until(() -> {
			this.app.work();
			return this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE held_by = 'queue'").equals("1");
		});
		assertThat(this.runLog.state(id)).isNull();
		pass();
		this.app.work();
		assertThat(this.queue.value("SELECT attempts FROM pgdispatch.dead_letter")).isEqualTo("2");
	}

	@Test
	void jobOfALostNodeWaitsForItsRateAndKeepsNoPlaceMeanwhile() throws SQLException {
		set(1, 1, 1, "1 hour");
		calls("ab");
		Node lost = new Node(this.app, "1 ms");
		assertThat(lost.claim(10, "h")).hasSize(1);
		lost.freeze();
		Node survivor = new Node(this.app, "1 ms");
		List<Node.Job> job = survivor.claim(10, "h");
		assertThat(keys(job)).isEqualTo("b");
		survivor.complete(job);
		assertThat(survivor.claim(10, "h")).isEmpty();
		pass();
		assertThat(keys(survivor.claim(10, "h"))).isEqualTo("a");
	}

	@Test
	void cancelledJobLeavesItsTimeToTheNextOne() throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("aa");
		String second = calls("h", of("a"));
		assertThat(claimed()).isEqualTo("a");
		pass();
		String next = this.queue.value("SELECT id FROM pgdispatch.managed_job WHERE in_queue AND slot_at IS NOT NULL");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + next + ")")).isEqualTo("cancelled");
		this.app.work();
		assertThat(this.node.claim(10, "h")).extracting((job) -> Long.toString(job.id())).containsExactly(second);
	}

	@ParameterizedTest
	@ValueSource(strings = { "set_queue('q', concurrency => 9, per_key => 9)", "set_queue('q', concurrency => 9)",
			"drop_queue('q')",
			"set_queue('q', concurrency => 9, per_key => 9, rate_per_key => 1000, per => '1 millisecond')" })
	void waitingJobsGoOnWhenTheRateIsRaisedOrGone(String change) throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("aaab");
		assertThat(claimed()).isEqualTo("ab");
		assertThat(claimed()).isEmpty();
		this.app.run("SELECT pgdispatch." + change);
		this.app.work();
		int begun = 2;
		for (int i = 0; i < 20; i++) {
			begun += this.node.claim(10, "h").size();
			this.app.work();
		}
		assertThat(begun).isEqualTo(4);
		assertThat(claimed()).isEmpty();
	}

	@Test
	void jobsThatWereHeldBeforeTheirKeysHadARateGetTheirTurn() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1, per_key => 1)");
		calls("aabb");
		List<Node.Job> first = this.node.claim(10, "h");
		assertThat(first).hasSize(1);
		set(4, 4, 1, "1 hour");
		this.app.work();
		assertThat(claimed().split("")).containsExactlyInAnyOrder("a", "b");
		this.app.work();
		assertThat(claimed()).isEmpty();
		pass();
		assertThat(claimed()).isEqualTo("b");
	}

	@Test
	void keysAreServedThoughTheJobThatServesThemIsGone() throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("aa");
		assertThat(claimed()).isEqualTo("a");
		assertThat(this.app.value("SELECT pgdispatch.cancel(id) FROM pgdispatch.job")).isEqualTo("cancelled");
		this.queue.run("UPDATE pgdispatch.fair_rate SET next_at = now() - interval '6 seconds'");
		this.app.run("SELECT pgdispatch.purge_fair_rates()");
		assertThat(claimed()).isEqualTo("a");
	}

	@Test
	void clockThatIsSetBackHoldsNobodyUp() throws SQLException {
		set(2, 2, 1, "1 minute");
		calls("aa");
		assertThat(claimed()).isEqualTo("a");
		this.queue.run("UPDATE pgdispatch.fair_rate SET next_at = now() + interval '2 hours'");
		this.app.run("SELECT pgdispatch.purge_fair_rates()");
		assertThat(claimed()).isEqualTo("a");
	}

	@Test
	void openTransactionThatChangesTheQueueHoldsUpNobody() throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("aab");
		List<Node.Job> running = claimAll();
		assertThat(running).hasSize(2);
		try (Session open = this.queue.app()) {
			open.run("BEGIN",
					"SELECT pgdispatch.set_queue('q', concurrency => 1, per_key => 1, rate_per_key => 1, per => '2 hours')");
			this.node.complete(running);
			calls("c");
			assertThat(claimed()).isEqualTo("c");
			open.run("ROLLBACK");
		}
	}

	@Test
	void limitsAreChecked() throws SQLException {
		for (String limits : List.of("rate_per_key => 1", "concurrency => 1, rate_per_key => 1",
				"concurrency => 1, per_key => 1, rate_per_key => 0")) {
			assertThat(this.app.error("SELECT pgdispatch.set_queue('q', " + limits + ")").getSQLState())
				.isEqualTo("22023");
		}
	}

	@Test
	void nothingIsLeftOfKeysThatHaveNoRateAnyMore() throws SQLException {
		set(2, 2, 1, "1 hour");
		calls("ab");
		this.node.complete(claimAll());
		this.app.run("SELECT pgdispatch.purge_fair_rates()");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.fair_rate")).isEqualTo("2");
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2, per_key => 2)",
				"SELECT pgdispatch.purge_fair_rates()");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.fair_rate")).isEqualTo("0");
	}

	@Test
	void nothingIsLeftOfKeysWhenNothingWaits() throws SQLException {
		set(4, 4, 1, "20 ms");
		calls("aabbc");
		await().pollInterval(Duration.ofMillis(5)).until(() -> {
			this.app.work();
			this.node.complete(this.node.claim(10, "h"));
			return this.runLog.remains() == 0;
		});
		await().until(() -> {
			this.app.run("SELECT pgdispatch.purge_fair_rates()");
			return this.queue.value("SELECT count(*) FROM pgdispatch.fair_rate").equals("0");
		});
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.job")).isEqualTo("0");
	}

}
