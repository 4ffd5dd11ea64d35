package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A hundred thousand jobs of one tenant do not delay those of another, and what a turn
 * reads does not grow with the jobs or the keys. Counts what PostgreSQL reads, and no
 * time.
 */
class FairQueueNoCliffTests extends AbstractRunLogTests {

	private static final int MANY = 100_000;

	private static final int TURNS = 20;

	FairQueueNoCliffTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void empty() throws SQLException {
		// As if the tables had always been empty.
		for (String table : new String[] { "job", "handler_job", "managed_job" }) {
			this.queue.run("ALTER TABLE pgdispatch." + table + " SET (autovacuum_enabled = false)",
					"VACUUM ANALYZE pgdispatch." + table);
		}
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 4, per_key => 2)");
	}

	@Test
	void jobOfAnotherTenantBeginsThoughAHundredThousandAreDueBeforeIt() throws SQLException {
		flood("'h'");
		assertThat(this.node.claim(10, "h")).hasSizeBetween(1, 2);
		String id = calls("h", "queue => 'q'", "fair_key => 'other'");
		List<Node.Job> claimed = new ArrayList<>();
		for (int claims = 0; claims < 3; claims++) {
			claimed.addAll(this.node.claim(10, "h"));
		}
		assertThat(claimed).extracting((job) -> Long.toString(job.id())).contains(id);
	}

	@Test
	void commandOfAnotherTenantRunsThoughAHundredThousandAreDueBeforeIt() throws SQLException {
		flood("NULL");
		this.app.run(RunLog.dispatch(RunLog.run("other"), "queue => 'q'", "fair_key => 'other'"));
		for (int calls = 0; calls < 20 && this.runLog.runs().isEmpty(); calls++) {
			this.app.run("CALL pgdispatch.work(slice => '20 ms')");
		}
		assertThat(this.runLog.runs()).containsExactly("other");
		assertThat(this.queue.value("SELECT count(*) > 90000 FROM pgdispatch.managed_job WHERE fair_key = 'flood'"))
			.isEqualTo("t");
	}

	/**
	 * Has a hundred thousand jobs of one key be due, as if they had been dispatched.
	 */
	private void flood(String handler) throws SQLException {
		try (Session admin = this.queue.admin()) {
			admin.run(
					"""
							INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, queue, fair_key)
							SELECT 'app', nextval('pgdispatch.job_id_seq'), %s, t, t, t, 'q', 'flood'
							  FROM generate_series(1, %d), LATERAL (SELECT now() - interval '1 minute') AS n (t)"""
						.formatted(handler, MANY),
					"""
							INSERT INTO pgdispatch.handler_job (role, handler, id, due_at, arguments, managed)
							SELECT role, handler, id, place, '{}', true FROM pgdispatch.managed_job WHERE handler IS NOT NULL""",
					"""
							INSERT INTO pgdispatch.job (role, id, due_at, command, managed) OVERRIDING SYSTEM VALUE
							SELECT role, id, place, 'SELECT pg_sleep(0.02)', true FROM pgdispatch.managed_job WHERE handler IS NULL AND queue IS NOT NULL""");
		}
	}

	@Test
	void jobOfAnotherTenantBeginsThoughAHundredThousandWaitForTheirRate() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', 4, per_key => 2, rate_per_key => 1, per => '1 hour')");
		flood("'h'");
		assertThat(this.node.claim(10, "h")).hasSize(1);
		String id = calls("h", "queue => 'q'", "fair_key => 'other'");
		List<Node.Job> claimed = new ArrayList<>();
		for (int claims = 0; claims < 3; claims++) {
			claimed.addAll(this.node.claim(10, "h"));
		}
		assertThat(claimed).extracting((job) -> Long.toString(job.id())).containsExactly(id);
	}

	@ParameterizedTest
	@ValueSource(strings = { "'flood'", "'key ' || n" })
	void turnReadsAsMuchThoughManyWaitForTheirRate(String keys) throws SQLException {
		String rate = ", rate_per_key => 1, per => '1 hour'";
		int few = read(100, keys, rate);
		int many = read(MANY, keys, rate);
		assertThat(many).isPositive().isLessThan(2 * few + 200);
	}

	@ParameterizedTest
	@ValueSource(strings = { "'flood'", "'key ' || n" })
	void turnReadsAsMuchAmongManyAsAmongFew(String keys) throws SQLException {
		int few = read(100, keys, "");
		int many = read(MANY, keys, "");
		assertThat(many).isPositive().isLessThan(2 * few + 200);
	}

	/**
	 * Reads what turns cost, of a queue that holds so many jobs.
	 */
	private int read(int held, String keys, String rate) throws SQLException {
		this.queue.clear();
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 4, per_key => 2" + rate + ")");
		try (Session admin = this.queue.admin()) {
			admin.run(
					"""
							INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, queue, fair_key, held_by)
							SELECT 'app', nextval('pgdispatch.job_id_seq'), 'h', now(), 'infinity', now(), 'q', %s, 'queue'
							  FROM generate_series(1, %d) AS n"""
						.formatted(keys, held),
					"""
							INSERT INTO pgdispatch.handler_job (role, handler, id, due_at, arguments, managed)
							SELECT role, 'h', id, place, '{}', true FROM pgdispatch.managed_job WHERE place = 'infinity'""");
			if (!rate.isEmpty()) {
				admin.run("""
						INSERT INTO pgdispatch.fair_rate
						SELECT DISTINCT m.role, m.queue, m.fair_key, now() + interval '1 hour', 'waiting'
						  FROM pgdispatch.managed_job AS m""");
			}
		}
		int ended = ended();
		int before = settledEntries();
		try (Session session = this.queue.app()) {
			session.run("SELECT pgdispatch.release_held_jobs(NULL, 'q')");
			Node worker = new Node(session);
			for (int i = 0; i < TURNS; i++) {
				if (!rate.isEmpty()) {
					session.run("SELECT pgdispatch.dispatch_handler('h', queue => 'q', fair_key => 'other %d')"
						.formatted(i), "SELECT pgdispatch.release_held_jobs(NULL, 'q')");
				}
				List<Node.Job> claimed = worker.claim(4, "h");
				assertThat(claimed).isNotEmpty();
				worker.complete(claimed.get(0));
				for (Node.Job job : claimed.subList(1, claimed.size())) {
					worker.complete(job);
				}
			}
		}
		this.queue.awaitTrue(
				"n_tup_del > " + ended + " FROM pg_stat_user_tables WHERE relid = 'pgdispatch.managed_job'::regclass");
		return settledEntries() - before;
	}

	private int ended() throws SQLException {
		return Integer.parseInt(this.queue
			.value("SELECT n_tup_del FROM pg_stat_user_tables WHERE relid = 'pgdispatch.managed_job'::regclass"));
	}

	/**
	 * Waits until sessions that have ended have reported what they read.
	 */
	private int settledEntries() throws SQLException {
		int last = -1;
		for (int entries = entries(); entries != last; entries = entries()) {
			last = entries;
			this.queue.run("SELECT pg_sleep(1.2)", "SELECT pg_stat_clear_snapshot()");
		}
		return last;
	}

	private int entries() throws SQLException {
		return Integer.parseInt(this.queue.value("""
				SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
				         WHERE schemaname = 'pgdispatch' AND relname ~ 'job|fair')
				     + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables
				         WHERE schemaname = 'pgdispatch' AND relname ~ 'job|fair')"""));
	}

}
