package io.github.pgdispatch.driver;

import java.util.List;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the driver of SQL tells its listeners.
 */
@PostgresTest
class SqlReportsTests {

	private final RecordingListener told = new RecordingListener();

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
	}

	@Test
	void tellsOfFailedAttemptsAndNeverTheSql() {
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			long id = dispatch(
					"SELECT pgdispatch.dispatch('SELECT ''secret'', 1/0', max_attempts => 2, label => 'zero',"
							+ " back_off => '10 ms')");
			await().until(() -> this.told.told(DeadLetterEvent.class).size() == 1);
			assertThat(this.told.told(AttemptFailedEvent.class))
				.containsExactly(new AttemptFailedEvent(id, null, "zero", 1, "22012", "division by zero"));
			assertThat(this.told.told(DeadLetterEvent.class))
				.containsExactly(new DeadLetterEvent(id, null, "zero", 2, "22012", "division by zero"));
		}
	}

	@Test
	void serverThatAJobMissesIsAFailureOfThatJobAndNoLostDatabase() {
		this.jdbc.sql("CREATE SEQUENCE run").update();
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			long id = dispatch("SELECT pgdispatch.dispatch('DO $do$ BEGIN IF nextval(''run'') = 1 THEN"
					+ " RAISE ''no server'' USING ERRCODE = ''08006''; END IF; END $do$')");
			await().until(() -> this.told.told(SqlChunk.class).stream().mapToLong(SqlChunk::completed).sum() == 1);
			assertThat(this.told.told(AttemptFailedEvent.class))
				.containsExactly(new AttemptFailedEvent(id, null, null, 1, "08006", "no server"));
			assertThat(this.told.told(DeadLetterEvent.class)).isEmpty();
			assertThat(this.told.told(DriverLostEvent.class)).isEmpty();
		}
	}

	@Test
	void tellsOfCommandsOutsideATransaction() {
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			long id = dispatch(
					"SELECT pgdispatch.dispatch('SELECT 1/0', max_attempts => 2, label => 'zero', back_off => '10 ms',"
							+ " transactional => false)");
			long done = dispatch("SELECT pgdispatch.dispatch('VACUUM pgdispatch.job', transactional => false)");
			await().until(() -> this.told.told(SqlChunk.class).stream().mapToLong(SqlChunk::jobs).sum() == 3);
			await().until(() -> this.told.told(DeadLetterEvent.class).size() == 1);
			assertThat(this.told.told(AttemptFailedEvent.class))
				.containsExactly(new AttemptFailedEvent(id, null, "zero", 1, "22012", "division by zero"));
			assertThat(this.told.told(DeadLetterEvent.class))
				.containsExactly(new DeadLetterEvent(id, null, "zero", 2, "22012", "division by zero"));
			assertThat(done).isPositive();
		}
	}

	@Test
	void tellsOfADeadLetterAgainIfItIsRetriedAndFailsAgain() {
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			long id = dispatch("SELECT pgdispatch.dispatch('SELECT 1/0')");
			await().until(() -> this.told.told(DeadLetterEvent.class).size() == 1);
			PgDispatchOperations operations = PgDispatchOperations.create(node.dataSource(),
					new JdbcTransactionManager(node.dataSource()));
			assertThat(operations.retry(id)).isTrue();
			await().until(() -> this.told.told(DeadLetterEvent.class).size() == 2);
			assertThat(this.told.told(DeadLetterEvent.class)).extracting(DeadLetterEvent::jobId).containsOnly(id);
		}
	}

	@Test
	void tellsOfEachOfManyDeadLettersOnce() {
		int jobs = 300;
		try (TestNode node = TestNode.start(this.database, 4, this.told)) {
			this.jdbc.sql("SELECT count(pgdispatch.dispatch('SELECT 1/0')) FROM generate_series(1, ?)")
				.param(jobs)
				.query()
				.singleValue();
			await().until(() -> this.told.told(DeadLetterEvent.class).size() >= jobs);
			assertThat(this.told.told(DeadLetterEvent.class)).doesNotHaveDuplicates().hasSize(jobs);
		}
	}

	@Test
	void countsTheJobsOfEachCall() {
		this.jdbc.sql("CREATE TABLE effect (id bigint)").update();
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			this.jdbc
				.sql("""
						SELECT count(pgdispatch.dispatch(CASE WHEN i % 10 = 0 THEN 'SELECT 1/0' ELSE 'INSERT INTO effect VALUES (1)' END))
						  FROM generate_series(1, 100) AS i""")
				.query()
				.singleValue();
			await().until(() -> !this.told.told(SqlChunk.class).isEmpty() && sum().jobs() == 100);
			assertThat(sum().completed()).isEqualTo(90);
			assertThat(sum().failed()).isEqualTo(10);
			assertThat(this.told.told(SqlChunk.class)).allSatisfy((chunk) -> {
				assertThat(chunk.jobs()).isPositive();
				assertThat(chunk.duration()).isPositive();
			});
		}
	}

	private SqlChunk sum() {
		List<SqlChunk> chunks = this.told.told(SqlChunk.class);
		return new SqlChunk(chunks.stream().mapToLong(SqlChunk::completed).sum(),
				chunks.stream().mapToLong(SqlChunk::retried).sum(), chunks.stream().mapToLong(SqlChunk::failed).sum(),
				chunks.get(0).duration());
	}

	@Test
	void tellsThatACommitHasWokenIt() {
		try (TestNode node = TestNode.start(this.database, 2, this.told)) {
			node.transaction().executeWithoutResult((status) -> node.template().fire("SELECT 1"));
			assertThat(this.told.told(RecordingListener.WakeUp.class))
				.contains(new RecordingListener.WakeUp(JobKind.SQL, WakeUpSource.COMMIT));
		}
	}

	private long dispatch(String sql) {
		return this.jdbc.sql(sql).query(Long.class).single();
	}

}
