package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * However many jobs wait for one ordering key, or one queue, the others are claimed as if
 * they were not there. Counts what PostgreSQL reads, and no time.
 */
class OrderNoCliffTests extends AbstractRunLogTests {

	private static final int HELD = 100_000;

	private static final int JOBS = 20;

	OrderNoCliffTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void empty() throws SQLException {
		// As if the tables had always been empty.
		for (String table : new String[] { "job", "handler_job", "managed_job", "job_key" }) {
			this.queue.run("ALTER TABLE pgdispatch." + table + " SET (autovacuum_enabled = false)",
					"VACUUM ANALYZE pgdispatch." + table);
		}
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)",
				"SELECT pgdispatch.set_queue('other', concurrency => 1)");
	}

	@ParameterizedTest
	@CsvSource({ "app, ordering_key, order", "app, queue, queue", "postgres, ordering_key, order" })
	void manyThatAreHeldDoNotMakeOthersReadMore(String role, String sequence, String heldBy) throws SQLException {
		if (role.equals("postgres")) {
			this.queue.run("SELECT pgdispatch.set_queue('other', concurrency => 1)");
		}
		int without = read(role, sequence);
		int before = entries();
		try (Session admin = this.queue.admin()) {
			admin.run("""
					INSERT INTO pgdispatch.managed_job (role, id, due_at, place, rank, %1$s, held_by)
					SELECT '%3$s', nextval('pgdispatch.job_id_seq'), now(), 'infinity', now(), 'q', '%2$s'
					  FROM generate_series(1, %4$d)""".formatted(sequence, heldBy, role, HELD), """
					INSERT INTO pgdispatch.job (role, due_at, id, command, managed) OVERRIDING SYSTEM VALUE
					SELECT role, place, id, 'SELECT 1', true FROM pgdispatch.managed_job WHERE place = 'infinity'""",
					"""
							INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments)
							SELECT role, 'h', place, '{}' FROM pgdispatch.managed_job WHERE place = 'infinity'""");
		}
		await().until(() -> entries() >= before + 2 * HELD); // That of the session
																// itself.
		assertThat(read(role, sequence)).isPositive().isLessThan(2 * without + 100);
	}

	/**
	 * None of them is held, as nobody tries to begin one while another one runs.
	 */
	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', value = { "ordering_key => 'one', 500", "ordering_key => 'one', 1",
			"queue => 'q', 500", "queue => 'q', 1" })
	void eachJobOfABacklogReadsAsMuchAsThoseOfAnother(String option, int prefetch) throws SQLException {
		int few = readEach(option, prefetch, 100);
		// If each one read all others, it would be 50 and 500. Some of it is entries of
		// deleted rows, which differ from run to run.
		assertThat(readEach(option, prefetch, 1_000)).isPositive().isLessThan(3 * few + 30);
	}

	private int readEach(String option, int prefetch, int jobs) throws SQLException {
		int ended = ended();
		int before = entries();
		try (Session session = this.queue.app()) {
			session.run("SELECT pgdispatch.dispatch('SELECT 1', " + option + ") FROM generate_series(1, " + jobs + ")",
					"CALL pgdispatch.work(prefetch => " + prefetch + ")");
		}
		this.queue.awaitTrue("n_tup_del >= " + (ended + jobs)
				+ " FROM pg_stat_user_tables WHERE relid = 'pgdispatch.managed_job'::regclass");
		return (entries() - before) / jobs;
	}

	private int read(String role, String sequence) throws SQLException {
		int ended = ended();
		int before = entries();
		try (Session session = this.queue.session(role)) {
			Node worker = new Node(session);
			for (int i = 0; i < JOBS; i++) {
				String other = sequence + " => 'other'";
				session.run(RunLog.dispatch("SELECT 1", other), RunLog.dispatch("SELECT 1", other, "key => 'k'"),
						RunLog.call("h", other));
				session.work();
				Node.Job job = worker.claim(1, "h").get(0);
				worker.complete(job);
				session.run("SELECT pgdispatch.poll_queue(10, false)",
						"SELECT pgdispatch.poll_handlers(gen_random_uuid(), '{h}', false)");
			}
		}
		// The statistics of a session are there some time after its end.
		this.queue.awaitTrue("n_tup_del >= " + (ended + 3 * JOBS)
				+ " FROM pg_stat_user_tables WHERE relid = 'pgdispatch.managed_job'::regclass");
		return entries() - before;
	}

	private int ended() throws SQLException {
		return Integer.parseInt(this.queue
			.value("SELECT n_tup_del FROM pg_stat_user_tables WHERE relid = 'pgdispatch.managed_job'::regclass"));
	}

	private int entries() throws SQLException {
		return Integer.parseInt(this.queue.value("""
				SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
				         WHERE schemaname = 'pgdispatch' AND relname ~ 'job')
				     + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables
				         WHERE schemaname = 'pgdispatch' AND relname ~ 'job')"""));
	}

}
