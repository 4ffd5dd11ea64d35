package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

import static io.github.pgdispatch.sql.RunLog.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Random batches, while workers and nodes end jobs in every way, are killed, and users
 * cancel: each batch ends, with all its jobs counted, and its continuation runs once,
 * after all of them.
 */
class BatchChaosTests extends AbstractBatchTests {

	private static final int BATCHES = 40;

	private final Random random = new Random();

	private final Map<String, Integer> totals = new HashMap<>();

	private final List<String> open = new ArrayList<>();

	private final AtomicBoolean over = new AtomicBoolean();

	BatchChaosTests(TestDatabase database) {
		super(database);
	}

	@Test
	@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
	void eachBatchEndsOnceWithAllItsJobs() throws Exception {
		long seed = this.random.nextLong();
		this.random.setSeed(seed);
		List<FutureTask<Void>> actors = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			actors.add(repeat(this::work));
			actors.add(repeat(this::runMethods));
		}
		actors.add(repeat(this::kill));
		List<String> batches = new ArrayList<>();
		for (int i = 0; i < BATCHES; i++) {
			String batch = dispatchRandomBatch(i);
			batches.add(batch);
			if (chance(10)) {
				this.app.run("SELECT pgdispatch.cancel_batch(" + batch + ", '0')");
			}
		}
		await().atMost(Duration.ofSeconds(150))
			.until(() -> this.queue.value("SELECT count(*) FROM pgdispatch.batch WHERE ended_at IS NULL").equals("0")
					&& this.runLog.remains() == 0);
		this.over.set(true);
		for (FutureTask<Void> actor : actors) {
			actor.get();
		}
		for (String batch : batches) {
			String counts = find(batch) + " of batch " + batch + " with the seed " + seed;
			assertThat(this.app.value("SELECT pending FROM pgdispatch.find_batch(" + batch + ")")).as(counts)
				.isEqualTo("0");
			long runs = this.runLog.runs().stream().filter(("then " + batch)::equals).count();
			if (this.app.value("SELECT state FROM pgdispatch.find_batch(" + batch + ")").equals("cancelled")) {
				assertThat(runs).as(counts).isZero();
			}
			else {
				assertThat(runs).as(counts).isOne();
				assertThat(this.app.value("SELECT total FROM pgdispatch.find_batch(" + batch + ")")).as(counts)
					.isEqualTo(this.totals.get(batch).toString());
				assertThat(this.queue.value(
						"SELECT coalesce(max(number) FILTER (WHERE job LIKE 'job of %1$s %%') < max(number) FILTER (WHERE job = 'then %1$s'), true) FROM public.run"
							.formatted(batch)))
					.as(counts)
					.isEqualTo("t");
			}
		}
		assertThat(this.runLog.runs()).doesNotHaveDuplicates();
	}

	private String dispatchRandomBatch(int number) throws SQLException {
		this.app.run("BEGIN");
		String parent = chance(30)
				? this.app.value("SELECT max(id) FROM pgdispatch.batches(unended => true) WHERE state = 'open'") : null;
		String batch = (parent != null) ? create("parent => " + parent) : create();
		if (parent != null) {
			this.totals.merge(parent, 1, Integer::sum);
		}
		int jobs = chance(10) ? 200 : this.random.nextInt(12);
		int added = 0;
		List<String> snoozed = new ArrayList<>();
		for (int i = 0; i < jobs; i++) {
			String name = "job of " + batch + " " + i;
			switch (this.random.nextInt(6)) {
				case 0 -> addTo(this.app, batch, FAILING, "max_attempts => 2", "back_off => '0'");
				case 1 -> calls("h", "batch => " + batch);
				case 2 -> {
					addTo(this.app, batch,
							"SELECT pgdispatch.dispatch($x$" + run(name) + "$x$, batch => " + batch + ")");
					added++;
				}
				case 3 -> snoozed.add(add(batch, name, "delay => '1 hour'"));
				case 4 -> add(batch, name, "ordering_key => 'o" + i % 3 + "'");
				default -> add(batch, name);
			}
		}
		then(batch, "then " + batch);
		this.totals.merge(batch, jobs + added, Integer::sum);
		boolean staysOpen = chance(30);
		if (!staysOpen) {
			close(batch);
		}
		this.app.run("COMMIT");
		for (String job : snoozed) {
			this.app.run("SELECT pgdispatch." + (chance(50) ? "cancel(" : "run_now(") + job + ")");
		}
		if (staysOpen) {
			this.open.add(batch);
		}
		if (number == BATCHES - 1 || this.open.size() > 2) {
			for (String each : this.open) {
				close(each);
			}
			this.open.clear();
		}
		return batch;
	}

	private boolean chance(int percent) {
		return this.random.nextInt(100) < percent;
	}

	private FutureTask<Void> repeat(Callable<Void> action) {
		return Session.async(() -> {
			while (!this.over.get()) {
				try {
					action.call();
				}
				catch (SQLException ex) {
					// Its session was killed, or another one was faster.
				}
			}
			return null;
		});
	}

	private Void work() throws SQLException {
		try (Session worker = this.queue.app()) {
			for (int i = 0; i < 20; i++) {
				worker.work("prefetch => " + new int[] { 1, 10, 50, 500 }[i % 4]);
				worker.run("SELECT pg_sleep(0.002)");
			}
		}
		return null;
	}

	private Void runMethods() throws SQLException {
		try (Session session = this.queue.app()) {
			Node node = new Node(session, "1 second");
			for (int i = 0; i < 20; i++) {
				List<Node.Job> jobs = new ArrayList<>(node.claim(5, "h"));
				if (jobs.isEmpty()) {
					jobs.addAll(node.claimPoisonJob("h")); // Sessions of nodes are
															// killed, too.
				}
				int way = (int) (Math.random() * 4);
				if (way == 0) {
					session.run("BEGIN ISOLATION LEVEL " + (Math.random() < 0.5 ? "REPEATABLE READ" : "SERIALIZABLE"));
				}
				else if (way < 3) {
					session.run("BEGIN");
				}
				if (way == 2) {
					node.complete(jobs);
				}
				else {
					for (Node.Job job : jobs) {
						if (Math.random() < 0.8) {
							node.complete(job);
						}
						else {
							node.fail(job);
						}
					}
				}
				if (way < 3) {
					session.run((Math.random() < 0.9) ? "COMMIT" : "ROLLBACK");
				}
				session.run("SELECT pg_sleep(0.002)");
			}
			node.end();
		}
		return null;
	}

	private Void kill() throws SQLException {
		try (Session killer = this.queue.admin()) {
			killer.run("""
					SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					 WHERE usename = 'app' AND datname = current_database() AND random() < 0.2
					   AND (query LIKE 'CALL%' OR query LIKE '%handler_job%')""", "SELECT pg_sleep(0.1)");
		}
		return null;
	}

}
