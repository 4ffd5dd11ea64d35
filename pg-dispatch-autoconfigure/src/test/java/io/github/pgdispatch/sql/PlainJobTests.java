package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job of which nothing more is asked is what it was: one row, written once and deleted
 * once.
 */
class PlainJobTests extends AbstractQueueTests {

	PlainJobTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void empty() throws SQLException {
		this.queue.run("DELETE FROM pgdispatch.setting", "DELETE FROM pgdispatch.cron_worker");
	}

	@ParameterizedTest
	@ValueSource(strings = { "fire('SELECT 1')", "snooze('SELECT 1', '0')", "dispatch('SELECT 1')",
			"dispatch('SELECT 1', max_attempts => 1)", "dispatch('SELECT 1', max_attempts => 10)",
			"dispatch('SELECT 1', headers => '{\"trace\": \"42\"}')", "fire_all('{SELECT 1}')",
			"fire_all('{SELECT 1}', headers => '{\"trace\": \"42\"}')" })
	void dispatchWritesOneRowAndARunDeletesIt(String dispatch) throws SQLException {
		this.app.run("SELECT pgdispatch." + dispatch);
		assertThat(rows()).containsExactly("pgdispatch.job 1");
		assertThat(this.queue.value("SELECT concat_ws('|', managed, crashes, xmax) FROM pgdispatch.job"))
			.isEqualTo("0|0");
		String written = writes();
		assertThat(this.app.work().completed()).isOne();
		assertThat(rows()).isEmpty();
		assertThat(writes()).isEqualTo(written);
	}

	@Test
	void failureWritesADeadLetterAndNothingElse() throws SQLException {
		this.app.fire("SELECT 1/0");
		this.app.work();
		assertThat(rows()).containsExactly("pgdispatch.dead_letter 1");
	}

	/**
	 * A transaction that has dispatched holds locks that all others share.
	 */
	@Test
	void dispatchHoldsNoLockOfItsOwn() throws SQLException {
		this.app.run("BEGIN");
		this.app.fire("SELECT 1");
		assertThat(this.queue.values("SELECT DISTINCT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = "
				+ this.app.pid() + " AND mode <> 'ShareLock'"))
			.isEmpty();
		assertThat(this.queue.values("SELECT DISTINCT mode FROM pg_locks WHERE locktype = 'relation' AND pid = "
				+ this.app.pid() + " AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')"))
			.isEmpty();
		this.app.run("COMMIT");
	}

	private List<String> rows() throws SQLException {
		return this.queue
			.values("""
					SELECT format('pgdispatch.%s %s', c.relname, n.n)
					  FROM pg_class AS c,
					       LATERAL (SELECT (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || c.oid::regclass,
					                           true, true, '')))[1]::text AS n) AS n
					 WHERE c.relnamespace = 'pgdispatch'::regnamespace AND c.relkind = 'r' AND n.n <> '0'""");
	}

	/**
	 * Returns what has been written so far to tables in which a plain job has no row.
	 */
	private String writes() throws SQLException {
		return this.queue.value("""
				SELECT sum(pg_relation_size(c.oid))
				  FROM pg_class AS c
				 WHERE c.relnamespace = 'pgdispatch'::regnamespace AND c.relkind = 'r' AND c.relname <> 'job'""");
	}

}
