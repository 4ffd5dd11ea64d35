package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static io.github.pgdispatch.sql.RunLog.run;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many jobs, and one that is dispatched in the commit that ends the last of them.
 */
class BatchTests extends AbstractBatchTests {

	BatchTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 500" })
	void continuationRunsOnceAfterAllJobs(String prefetch) throws SQLException {
		String batch = batch(120);
		assertThat(find(batch)).isEqualTo("running|120|120|0|0|0");
		assertThat(this.app.work(prefetch).completed()).isEqualTo(121);
		assertThat(this.runLog.runs()).hasSize(121).doesNotHaveDuplicates().endsWith("then");
		assertThat(find(batch)).isEqualTo("done|120|0|120|0|0");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void continuationIsHeldUntilThen() throws SQLException {
		String batch = create();
		String then = then(batch, "then");
		add(batch, "1");
		assertThat(this.runLog.state(then)).isEqualTo("held");
		assertThat(this.app.value("SELECT due_at FROM pgdispatch.find(" + then + ")")).isNull();
		assertThat(this.app.value("SELECT concat(state, due_at) FROM pgdispatch.jobs(state => 'held')"))
			.isEqualTo("held");
		assertThat(this.app.value("SELECT count FROM pgdispatch.status() WHERE kind = 'sql' AND state = 'held'"))
			.isEqualTo("1");
		assertThat(this.app.value("SELECT pgdispatch.run_now(" + then + ")")).isEqualTo("f");
		this.app.work();
		assertThat(this.runLog.state(then)).isEqualTo("held");
		assertThat(find(batch)).isEqualTo("open|1|0|1|0|0");
		close(batch);
		close(batch);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("1", "then");
	}

	@Test
	void emptyBatchEndsAtOnce() throws SQLException {
		String batch = batch(0);
		assertThat(find(batch)).isEqualTo("done|0|0|0|0|0");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("then");
	}

	@Test
	void continuationKnowsTheCounts() throws SQLException {
		String batch = create();
		String then = then(batch, "then", "headers => '{\"traceparent\": \"t\"}'");
		add(batch, "done");
		addTo(this.app, batch, FAILING);
		String cancelled = add(batch, "cancelled", "delay => '1 hour'");
		this.app.run("SELECT pgdispatch.cancel(" + cancelled + ")", "SELECT pgdispatch.pause(queue => NULL)");
		close(batch);
		this.app.work("slice => '0'", "prefetch => 1");
		this.app.run("SELECT pgdispatch.resume(queue => NULL)");
		while (!find(batch).startsWith("failed")) {
			this.app.work("slice => '0'", "prefetch => 1");
		}
		assertThat(this.app.value("SELECT headers::jsonb FROM pgdispatch.find(" + then + ")")).isEqualTo(
				"{\"traceparent\": \"t\", \"pgdispatch-batch\": \"" + batch + "\", \"pgdispatch-batch-done\": \"1\","
						+ " \"pgdispatch-batch-name\": \"import\", \"pgdispatch-batch-failed\": \"1\","
						+ " \"pgdispatch-batch-cancelled\": \"1\"}");
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			false, then, cancelled
			true,  on failure, cancelled
			""")
	void jobOnFailureRunsInsteadIfAJobFailed(boolean fails, String follows, String other) throws SQLException {
		String batch = create();
		String then = then(batch, "then", "result => 'count'");
		String onFailure = onFailure(batch, "on failure");
		add(batch, "job");
		if (fails) {
			addTo(this.app, batch, FAILING);
		}
		close(batch);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("job", follows);
		assertThat(this.app.value("SELECT state FROM pgdispatch.result(" + then + ")"))
			.isEqualTo(fails ? "cancelled" : "done");
		assertThat(this.runLog.state(onFailure)).isNull();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void failureIsCountedOnceWhenItIsOneForGood() throws SQLException {
		String batch = create();
		String job = addTo(this.app, batch, FAILING, "max_attempts => 2", "back_off => '0'");
		then(batch, "then");
		close(batch);
		this.app.work();
		assertThat(find(batch)).isEqualTo("failed|1|0|0|1|0");
		assertThat(this.runLog.runs()).containsExactly("then");
		assertThat(this.app.value("SELECT pgdispatch.retry(" + job + ")")).isEqualTo("t");
		this.app.work();
		assertThat(find(batch)).isEqualTo("failed|1|0|0|1|0");
		assertThat(this.runLog.runs()).containsExactly("then");
	}

	@Test
	void deadLetterThatHoldsBackItsOrderCounts() throws SQLException {
		String batch = create();
		String job = addTo(this.app, batch, FAILING, "ordering_key => 'o'");
		then(batch, "then");
		close(batch);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("then");
		this.app.run("DELETE FROM pgdispatch.dead_letter WHERE id = " + job);
		this.app.work();
		assertThat(find(batch)).isEqualTo("failed|1|0|0|1|0");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobsOfHandlersCountHoweverTheyEnd() throws SQLException {
		String batch = create();
		String options = "batch => " + batch;
		for (int i = 0; i < 4; i++) {
			calls("h", options);
		}
		calls("then", options, "continuation => 'then'");
		close(batch);
		List<Node.Job> jobs = this.node.claim(4, "h");
		this.node.complete(jobs.subList(0, 2));
		assertThat(this.node.complete(jobs.get(2))).isTrue();
		assertThat(this.node.claim(1, "then")).isEmpty();
		assertThat(this.node.fail(jobs.get(3))).isTrue();
		assertThat(find(batch)).isEqualTo("failed|4|0|3|1|0");
		this.node.complete(this.node.claim(1, "then"));
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobOfABatchAddsToIt() throws SQLException {
		String batch = create();
		addTo(this.app, batch, "SELECT pgdispatch.dispatch('" + run("added").replace("'", "''") + "', batch => " + batch
				+ ") FROM generate_series(1, 3)");
		then(batch, "then");
		close(batch);
		this.app.workAlone();
		assertThat(this.runLog.runs()).containsExactly("added", "added", "added", "then");
		assertThat(find(batch)).isEqualTo("done|4|0|4|0|0");
	}

	@Test
	void nothingIsAddedToABatchThatHasEnded() throws SQLException {
		String batch = batch(0);
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.dispatch('SELECT 1', batch => " + batch + ")");
		assertThat(error.getSQLState()).isEqualTo("55000");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: batch " + batch + " has ended");
		assertThat(error.getHint()).isNotBlank();
		assertThat(this.queue.jobs()).isOne();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			22023 | dispatch('SELECT 1', continuation => 'then')
			22023 | dispatch('SELECT 1', batch => %s, continuation => 'else')
			22023 | dispatch('SELECT 1', batch => %s, continuation => 'then', delay => '1 second')
			42704 | dispatch('SELECT 1', batch => 0)
			42704 | dispatch_handler('h', batch => 0)
			42704 | close_batch(0)
			42704 | cancel_batch(0)
			22023 | cancel_batch(%s, '-1 second')
			42704 | create_batch('child', parent => 0)
			22023 | create_batch(' ')
			22023 | create_batch(NULL)
			22023 | create_batch('b', keep => '-1 second')
			55000 | dispatch('SELECT 1', batch => pgdispatch.find_batch(%s), continuation => 'then')
			""")
	void mistakeIsRefused(String sqlState, String call) throws SQLException {
		String batch = create();
		then(batch, "then");
		String sql = "SELECT pgdispatch." + call.replace("pgdispatch.find_batch(%s)", batch).replace("%s", batch);
		ServerErrorMessage error = this.app.error(sql);
		assertThat(error.getSQLState()).isEqualTo(sqlState);
		assertThat(error.getMessage()).startsWith("pgdispatch: ");
		assertThat(error.getHint()).isNotBlank();
	}

	@Test
	void orderingKeyOfTheContinuationHoldsBackNoJobOfTheBatch() throws SQLException {
		String batch = create();
		then(batch, "then", "ordering_key => 'o'", "priority => 10");
		add(batch, "1", "ordering_key => 'o'");
		add(batch, "2", "ordering_key => 'o'");
		close(batch);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("1", "2", "then");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobThatWaitsAlreadyIsNotCounted() throws SQLException {
		String waiting = job("waiting", "key => 'k'", "delay => '1 hour'");
		String batch = create();
		assertThat(add(batch, "other", "key => 'k'")).isEqualTo(waiting);
		String replaced = add(batch, "replaces", "key => 'k'", "on_duplicate => 'replace'", "delay => '2 hours'");
		assertThat(replaced).isEqualTo(waiting);
		then(batch, "then", "key => 't'");
		assertThat(add(batch, "one more", "key => 't'", "on_duplicate => 'replace'")).isNotEqualTo(waiting);
		close(batch);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("one more", "then");
	}

	@Test
	void batchInABatchEndsWithItsContinuation() throws SQLException {
		String outer = create();
		String inner = create("parent => " + outer);
		String innermost = create("parent => " + inner);
		add(innermost, "innermost");
		add(inner, "inner");
		then(inner, "after inner");
		then(outer, "after outer");
		close(outer);
		close(inner);
		assertThat(find(outer)).isEqualTo("running|1|1|0|0|0");
		close(innermost);
		this.app.work("slice => '0'", "prefetch => 1");
		this.app.work("slice => '0'", "prefetch => 1");
		assertThat(find(inner)).isEqualTo("done|2|0|2|0|0");
		assertThat(find(outer)).isEqualTo("running|1|1|0|0|0");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("innermost", "inner", "after inner", "after outer");
		assertThat(find(outer)).isEqualTo("done|1|0|1|0|0");
		assertThat(this.app.value("SELECT parent FROM pgdispatch.find_batch(" + innermost + ")")).isEqualTo(inner);
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void batchInABatchFailsWithItsJobs() throws SQLException {
		String outer = create();
		String inner = create("parent => " + outer);
		addTo(this.app, inner, FAILING);
		close(outer);
		close(inner);
		this.app.work();
		assertThat(find(outer)).isEqualTo("failed|1|0|0|1|0");
	}

	@Test
	void rollbackToASavepointTakesItsJobsWithIt() throws SQLException {
		this.app.run("BEGIN");
		String batch = create();
		add(batch, "1");
		this.app.run("SAVEPOINT s");
		add(batch, "2");
		this.app.run("SELECT pgdispatch.fire_all(ARRAY['SELECT 3', 'SELECT 4'], batch => " + batch + ")",
				"ROLLBACK TO SAVEPOINT s");
		add(batch, "5");
		then(batch, "then");
		close(batch);
		this.app.run("COMMIT");
		assertThat(find(batch)).isEqualTo("running|2|2|0|0|0");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("1", "5", "then");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 63, 64, 129, 1000, 20_000 })
	void jobsAreAddedTogether(int jobs) throws SQLException {
		this.app.run("BEGIN");
		String batch = create();
		List<String> ids = this.app.values(
				"SELECT unnest(pgdispatch.fire_all(ARRAY(SELECT 'SELECT ' || n FROM generate_series(1, %d) AS n), headers => '{\"a\": \"b\"}', batch => %s))"
					.formatted(jobs, batch));
		assertThat(ids).hasSize(jobs).doesNotHaveDuplicates();
		close(batch);
		this.app.run("COMMIT");
		assertThat(find(batch)).isEqualTo("running|%1$d|%1$d|0|0|0".formatted(jobs));
		assertThat(this.app.value(
				"SELECT bool_and(p.pending = (SELECT count(*) FROM pgdispatch.managed_job AS m WHERE m.batch_part = p.id))"
						+ " FROM pgdispatch.batch_part AS p"))
			.isEqualTo("t");
		assertThat(this.app
			.values("SELECT command FROM pgdispatch.job WHERE headers ->> 'a' = 'b' AND managed ORDER BY id"))
			.isEqualTo(IntStream.rangeClosed(1, jobs).mapToObj((n) -> "SELECT " + n).toList());
		assertThat(this.app.work().completed()).isEqualTo(jobs);
		assertThat(find(batch)).isEqualTo("done|%1$d|0|%1$d|0|0".formatted(jobs));
	}

	@Test
	void callsOfAHandlerAreAddedTogether() throws SQLException {
		String batch = create();
		String first = this.app.value(
				"SELECT pgdispatch.dispatch_like(pgdispatch.dispatch_handler('h', '{\"n\": 1}', time_limit => '1 hour', batch => "
						+ batch + "), ARRAY['{\"n\": 2}', '{\"n\": 3}'])");
		assertThat(first).matches("\\{\\d+,\\d+}");
		assertThat(this.app.values(
				"SELECT concat_ws(' ', j.arguments ->> 'n', j.time_limit, m.time_limit, m.batch_part IS NOT NULL) FROM pgdispatch.handler_job AS j JOIN pgdispatch.managed_job AS m USING (id) ORDER BY j.id"))
			.containsExactly("1 01:00:00 01:00:00 t", "2 01:00:00 01:00:00 t", "3 01:00:00 01:00:00 t");
		assertThat(find(batch)).isEqualTo("open|3|3|0|0|0");
	}

	@ParameterizedTest
	@ValueSource(strings = { "dispatch('SELECT 1', transactional => true, result => 'rows', %s)",
			"dispatch('SELECT 1', transactional => false, %s)", "dispatch_handler('h', keep_result => '2 hours', %s)" })
	void jobThatIsLikeAnotherHasAllItsOptions(String model) throws SQLException {
		String batch = create();
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2, per_key => 1)",
				"SELECT pgdispatch.dispatch_like(pgdispatch." + model
					.formatted("max_attempts => 3, back_off => '2 s', back_off_multiplier => 3,"
							+ " max_back_off => '4 s', time_limit => '5 s', ordering_key => 'o', on_failure => 'pass',"
							+ " queue => 'q', fair_key => 'k', priority => 6, batch => " + batch)
						+ ", ARRAY['{\"n\": 2}', '{\"n\": 3}'])");
		assertThat(this.app.value(
				"SELECT count(*) || ' ' || count(DISTINCT to_jsonb(m) - '{id,batch_part}'::text[]) FROM pgdispatch.managed_job AS m WHERE fair_key = 'k'"))
			.isEqualTo("3 1");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			dispatch('SELECT 1')                                   | ARRAY['SELECT 2']       | 22023
			dispatch('SELECT 1', key => 'k')                       | ARRAY['SELECT 2']       | 22023
			dispatch('SELECT 1', batch => %1$s, continuation => 'then') | ARRAY['SELECT 2']  | 22023
			dispatch('SELECT 1', batch => %1$s)                    | ARRAY['SELECT 2', ' ']  | 22023
			dispatch('SELECT 1', batch => %1$s)                    | ARRAY['SELECT 2', NULL] | 22004
			dispatch_handler('h', batch => %1$s)                   | ARRAY['{}', '[]']       | 22023
			dispatch_handler('h', batch => %1$s)                   | ARRAY['{}', NULL]       | 22023
			dispatch_handler('h', batch => %1$s)                   | ARRAY['{']              | 22P02
			""")
	void jobThatCannotBeLikeAnotherIsRefused(String model, String contents, String sqlState) throws SQLException {
		String batch = create();
		assertThat(this.app
			.error("SELECT pgdispatch.dispatch_like(pgdispatch.%s, %s)".formatted(model.formatted(batch), contents))
			.getSQLState()).isEqualTo(sqlState);
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void batchWithAllItsJobsIsCancelled() throws Exception {
		String outer = create();
		then(outer, "after outer");
		String batch = create("parent => " + outer);
		then(batch, "then");
		for (int i = 0; i < 100; i++) {
			add(batch, "job " + i, (i % 2 == 0) ? "delay => '1 hour'" : "ordering_key => 'o'");
			calls("h", "batch => " + batch);
		}
		add(outer, "of outer", "delay => '1 hour'");
		this.app.run("BEGIN");
		assertThat(this.app.value("SELECT pgdispatch.cancel_batch(" + outer + ")")).isEqualTo("201");
		this.app.run("ROLLBACK");
		assertThat(find(batch)).isEqualTo("open|200|200|0|0|0");
		assertThat(this.app.value("SELECT pgdispatch.cancel_batch(" + outer + ")")).isEqualTo("201");
		assertThat(this.app.error("SELECT pgdispatch.dispatch('SELECT 1', batch => " + batch + ")").getSQLState())
			.isEqualTo("55000");
		this.app.work();
		assertThat(find(batch)).isEqualTo("cancelled|200|0|0|0|200");
		assertThat(find(outer)).isEqualTo("cancelled|2|0|0|0|2");
		assertThat(this.app.value("SELECT count(*) FROM pgdispatch.batches(unended => true)")).isEqualTo("0");
		assertThat(this.runLog.runs()).isEmpty();
		assertThat(this.runLog.remains()).isZero();
		assertThat(this.app.value("SELECT pgdispatch.cancel_batch(" + outer + ")")).isEqualTo("0");
	}

	@Test
	void otherRoleSeesNothing() throws SQLException {
		String batch = batch(3);
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		try (Session other = this.queue.session(role)) {
			assertThat(other.values("SELECT id FROM pgdispatch.batches()")).isEmpty();
			assertThat(other.values("SELECT id FROM pgdispatch.find_batch(" + batch + ")")).isEmpty();
			for (String call : List.of("dispatch('SELECT 1', batch => %s)", "close_batch(%s)", "cancel_batch(%s)",
					"create_batch('b', parent => %s)")) {
				assertThat(other.error("SELECT pgdispatch." + call.formatted(batch)).getSQLState()).isEqualTo("42704");
			}
			other.run("SELECT pgdispatch.end_batch_if_done(" + batch + ")");
		}
		assertThat(find(batch)).isEqualTo("running|3|3|0|0|0");
	}

	@Test
	void batchesAreListedPageByPage() throws SQLException {
		List<String> batches = List.of(create(), batch(1), create(), batch(0));
		assertThat(this.app.values("SELECT id FROM pgdispatch.batches(max_count => 2)")).containsExactly(batches.get(3),
				batches.get(2));
		assertThat(this.app.values("SELECT id FROM pgdispatch.batches(before_id => " + batches.get(2) + ")"))
			.containsExactly(batches.get(1), batches.get(0));
		assertThat(this.app.values("SELECT state FROM pgdispatch.batches(unended => true)")).containsExactly("open",
				"running", "open");
		assertThat(this.app.values("SELECT id FROM pgdispatch.find_batch(9223372036854775807)")).isEmpty();
	}

	@Test
	void endedBatchIsDeletedAfterItsTime() throws SQLException {
		String kept = batch(0);
		String expired = create("keep => '0'");
		close(expired);
		this.app.run("SELECT set_config('pgdispatch.tidied', '0', false)", "SELECT pgdispatch.purge_expired()");
		assertThat(this.app.values("SELECT id FROM pgdispatch.batches()")).containsExactly(kept);
	}

	@Test
	void oneByOneAdditionsOfATransactionShareParts() throws SQLException {
		String batch = batch(250);
		assertThat(this.app.values("SELECT pending FROM pgdispatch.batch_part ORDER BY id")).containsExactly("100",
				"100", "50");
		this.app.work();
		assertThat(find(batch)).isEqualTo("done|250|0|250|0|0");
		assertThat(IntStream.range(0, 250).mapToObj(Integer::toString).collect(Collectors.toList()))
			.isEqualTo(this.runLog.runs().subList(0, 250));
	}

}
