package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I6 for methods: a job whose outcome the database refuses does not hold back other jobs,
 * and is not lost.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class UnwritableOutcomeTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
	}

	@ParameterizedTest
	@EnumSource
	void neighboursOfAJobWhoseOutcomeIsRefusedGoOn(Refusal refusal, CapturedOutput output) {
		this.jdbc.sql("""
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					RAISE 'refused by a trigger';
				END $$""").update();
		this.jdbc.sql("CREATE TRIGGER refuse BEFORE " + refusal.trigger + " EXECUTE FUNCTION refuse()").update();
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, "pgdispatch.worker.concurrency=2")) {
			Methods methods = node.bean(Methods.class);
			long id = dispatch("'bad', " + refusal.arguments);
			soon().until(() -> methods.bad() == ((refusal != Refusal.RELEASED) ? 1 : 0));
			if (refusal == Refusal.CANCELLED) {
				this.jdbc.sql("SELECT pgdispatch.cancel(?, '0')").param(id).query().singleValue();
			}
			else {
				methods.openGate();
			}
			for (int i = 0; i < 200; i++) {
				dispatch("'quick'");
			}
			soon().until(() -> methods.quickRuns() == 200);
			soon().until(() -> output.getOut().contains("The outcome of Job " + id));
			soon().until(() -> count("pgdispatch.handler_job") <= 1);
			// The job holds no place, so that two others can run.
			dispatch("'pair'");
			dispatch("'pair'");
			soon().until(() -> methods.isPairComplete());
			assertThat(this.jdbc.sql("SELECT state FROM pgdispatch.find(?)").param(id).query(String.class).single())
				.isEqualTo(refusal.state);
			this.jdbc.sql("DROP FUNCTION refuse() CASCADE").update();
			soon().until(() -> count("pgdispatch.handler_job") == 0);
			assertThat(methods.bad()).isEqualTo((refusal != Refusal.RELEASED) ? 1 : 0);
		}
		assertThat(this.jdbc.sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).list())
			.hasSize((refusal.message != null) ? 1 : 0)
			.allMatch((message) -> message.contains(String.valueOf(refusal.message)));
		assertThat(output.getOut()).doesNotContain("Lost the database");
		assertThat(output.getOut().split("The outcome of Job ", -1)).hasSize(2);
	}

	/**
	 * For example a transaction that cancels the job and stays open.
	 */
	@Test
	void neighboursOfAJobWhoseRowIsLockedGoOn(CapturedOutput output) throws SQLException {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			Methods methods = node.bean(Methods.class);
			dispatch("'bad', '{\"fail\": false}'");
			soon().until(() -> methods.bad() == 1);
			try (Connection other = this.database.dataSource("app").getConnection();
					Statement statement = other.createStatement()) {
				other.setAutoCommit(false);
				statement.execute("SELECT FROM pgdispatch.handler_job FOR UPDATE");
				methods.openGate();
				for (int i = 0; i < 200; i++) {
					dispatch("'quick'");
				}
				soon().until(() -> methods.quickRuns() == 200);
				soon().until(() -> count("pgdispatch.handler_job") == 1);
			}
			soon().until(() -> count("pgdispatch.handler_job") == 0);
			assertThat(methods.bad()).isOne();
		}
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(output.getOut()).doesNotContain("Lost the database");
	}

	@Test
	void neighboursOfAJobThatCannotBeClaimedGoOn(CapturedOutput output) {
		this.jdbc.sql("""
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					RAISE 'refused by a trigger';
				END $$""").update();
		this.jdbc.sql("""
				CREATE TRIGGER refuse BEFORE UPDATE ON pgdispatch.handler_job FOR EACH ROW
				WHEN (new.handler = 'bad' AND new.claimed_by IS NOT NULL) EXECUTE FUNCTION refuse()""").update();
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			Methods methods = node.bean(Methods.class);
			methods.openGate();
			dispatch("'bad', '{\"fail\": false}'");
			for (int i = 0; i < 200; i++) {
				dispatch("'quick'");
			}
			soon().until(() -> methods.quickRuns() == 200);
			soon().until(() -> count("pgdispatch.handler_job") == 1);
			assertThat(methods.bad()).isZero();
			this.jdbc.sql("DROP FUNCTION refuse() CASCADE").update();
			soon().until(() -> count("pgdispatch.handler_job") == 0);
			assertThat(methods.bad()).isOne();
		}
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(output.getOut()).doesNotContain("Lost the database")
			.containsOnlyOnce("The database refuses the claim of a job");
	}

	private long dispatch(String arguments) {
		return this.jdbc.sql("SELECT pgdispatch.dispatch_handler(" + arguments + ")").query(Long.class).single();
	}

	private int count(String table) {
		return this.jdbc.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().pollInterval(Duration.ofMillis(20));
	}

	enum Refusal {

		DONE("'{\"fail\": false}'", "DELETE ON pgdispatch.handler_job FOR EACH ROW WHEN (old.handler = 'bad')",
				"running", null),

		RESULT("'{\"fail\": false}', keep_result => '1 hour'",
				"INSERT ON pgdispatch.result FOR EACH ROW WHEN (new.state = 'done')", "failed",
				"The method returned, but that could not be written"),

		FAILED("'{\"fail\": true}'", "INSERT ON pgdispatch.dead_letter FOR EACH ROW", "running", "it fails"),

		RETRIED("'{\"fail\": true}', max_attempts => 3",
				"UPDATE ON pgdispatch.handler_job FOR EACH ROW WHEN (new.handler = 'bad' AND new.claimed_by IS NULL)",
				"failed", "The attempt failed, but that could not be written"),

		RELEASED("'{\"other\": true}'",
				"UPDATE ON pgdispatch.handler_job FOR EACH ROW WHEN (new.handler = 'bad' AND new.claimed_by IS NULL)",
				"failed", "The job was to be run again, but that could not be written"),

		CANCELLED("'{\"fail\": false}'", "DELETE ON pgdispatch.handler_job FOR EACH ROW WHEN (old.handler = 'bad')",
				"running", null);

		private final String arguments;

		private final String trigger;

		private final String state;

		private final @Nullable String message;

		Refusal(String arguments, String trigger, String state, @Nullable String message) {
			this.arguments = arguments;
			this.trigger = trigger;
			this.state = state;
			this.message = message;
		}

	}

	static class Methods {

		private final CountDownLatch gate = new CountDownLatch(1);

		private final CountDownLatch pair = new CountDownLatch(2);

		private final AtomicInteger bad = new AtomicInteger();

		private final AtomicInteger quick = new AtomicInteger();

		void openGate() {
			this.gate.countDown();
		}

		int bad() {
			return this.bad.get();
		}

		int quickRuns() {
			return this.quick.get();
		}

		boolean isPairComplete() {
			return this.pair.getCount() == 0;
		}

		@AfterCommitDispatch(name = "bad")
		CompletableFuture<Boolean> bad(boolean fail) throws InterruptedException {
			this.bad.incrementAndGet();
			this.gate.await();
			if (fail) {
				throw new IllegalStateException("it fails");
			}
			return CompletableFuture.completedFuture(true);
		}

		@AfterCommitDispatch(name = "quick")
		void quick() {
			this.quick.incrementAndGet();
		}

		@AfterCommitDispatch(name = "pair")
		void pair() throws InterruptedException {
			this.pair.countDown();
			this.pair.await();
		}

	}

}
