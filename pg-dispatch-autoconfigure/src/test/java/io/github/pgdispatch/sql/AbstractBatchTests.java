package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;

import static io.github.pgdispatch.sql.RunLog.run;

/**
 * Tests of batches.
 */
abstract class AbstractBatchTests extends AbstractRunLogTests {

	static final String FAILING = "DO $do$ BEGIN RAISE SQLSTATE '22000'; END $do$";

	AbstractBatchTests(TestDatabase database) {
		super(database);
	}

	/**
	 * Creates a batch that is open.
	 * @param options of the batch, as in {@code parent => 42}
	 * @return its id
	 */
	final String create(String... options) throws SQLException {
		return this.app
			.value("SELECT pgdispatch.create_batch(" + String.join(", ", concat("name => 'import'", options)) + ")");
	}

	private static List<String> concat(String first, String... others) {
		return Stream.concat(Stream.of(first), Stream.of(others)).toList();
	}

	final void close(String batch) throws SQLException {
		this.app.run("SELECT pgdispatch.close_batch(" + batch + ")");
	}

	/**
	 * Adds a job that leaves its name.
	 */
	final String add(String batch, String job, String... options) throws SQLException {
		return addTo(this.app, batch, run(job), options);
	}

	final String addTo(Session session, String batch, String command, String... options) throws SQLException {
		return session.value(RunLog.dispatch(command, concat("batch => " + batch, options).toArray(new String[0])));
	}

	/**
	 * Adds a job that leaves its name when the batch has ended.
	 */
	final String then(String batch, String job, String... options) throws SQLException {
		return add(batch, job, concat("continuation => 'then'", options).toArray(new String[0]));
	}

	final String onFailure(String batch, String job) throws SQLException {
		return add(batch, job, "continuation => 'on_failure'");
	}

	/**
	 * Creates a closed batch, with jobs that leave their numbers and one that leaves
	 * {@code then}.
	 */
	final String batch(int jobs) throws SQLException {
		this.app.run("BEGIN");
		String batch = create();
		for (int i : IntStream.range(0, jobs).toArray()) {
			add(batch, Integer.toString(i));
		}
		then(batch, "then");
		close(batch);
		this.app.run("COMMIT");
		return batch;
	}

	final String find(String batch) throws SQLException {
		return this.app
			.value("SELECT concat_ws('|', state, total, pending, done, failed, cancelled) FROM pgdispatch.find_batch("
					+ batch + ")");
	}

}
