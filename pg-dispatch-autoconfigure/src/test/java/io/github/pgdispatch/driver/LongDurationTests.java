package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.UUID;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.RetryAfterException;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * I6: a time that is too long to compute with disturbs no other job.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class LongDurationTests {

	private static final String NO_POLL = "pgdispatch.worker.poll-interval=10m";

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
	}

	@Test
	void methodThatAsksForALongRetryDelayDisturbsNoOther(CapturedOutput output) {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, "pgdispatch.retry.max-attempts=2",
				NO_POLL)) {
			dispatch("later");
			soon().until(() -> count("pgdispatch.handler_job WHERE due_at > now() + '3651 days'") == 1);
			dispatch("quick");
			soon().until(() -> count("pgdispatch.handler_job WHERE handler = 'quick'") == 0);
			assertThat(count("pgdispatch.handler_job WHERE due_at < now() + '3653 days'")).isOne();
		}
		assertThat(output.getOut()).doesNotContain("Lost the database").doesNotContain("The outcome of");
	}

	@Test
	void jobsThatAreDueInCenturiesDelayNoOther(CapturedOutput output) {
		this.jdbc.sql("INSERT INTO pgdispatch.job (due_at, command) VALUES (now() + '300 years', 'SELECT 1')").update();
		this.jdbc.sql("""
				INSERT INTO pgdispatch.handler_job (handler, due_at, arguments)
				VALUES ('quick', now() + '300 years', '{}')""").update();
		try (TestNode sql = TestNode.start(this.database.url(), new DriverSettings(2, Duration.ofMinutes(10), true));
				HandlerNode methods = HandlerNode.start(this.database, Methods.class, NO_POLL)) {
			for (int i = 0; i < 5; i++) {
				String name = UUID.randomUUID().toString();
				this.jdbc.sql("SELECT pgdispatch.fire(?)")
					.param("INSERT INTO effect VALUES ('" + name + "')")
					.query()
					.singleValue();
				dispatch("quick");
				soon().until(() -> count("effect WHERE name = '" + name + "'") == 1);
				soon().until(() -> count("pgdispatch.handler_job") == 1);
			}
		}
		assertThat(output.getOut()).doesNotContain("Lost the database");
	}

	@Test
	void settingsHaveTheSameLimit() {
		Duration tooLong = Duration.ofDays(3_652).plusNanos(1);
		Duration second = Duration.ofSeconds(1);
		assertThat(catchThrowable(() -> new DriverSettings(1, tooLong, true)))
			.hasMessageContaining("The poll interval must be at most 3652 days");
		assertThat(catchThrowable(() -> new HandlerSettings(1, tooLong, second, true, second)))
			.hasMessageContaining("The lease must be at most 3652 days");
		assertThat(new HandlerSettings(1, second, second, true, Duration.ofSeconds(Long.MAX_VALUE)).patience())
			.isEqualTo(Duration.ofDays(3_652));
	}

	private void dispatch(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
	}

	private int count(String from) {
		return this.jdbc.sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().pollInterval(Duration.ofMillis(20));
	}

	static class Methods {

		@AfterCommitDispatch(name = "later")
		void later() {
			throw new RetryAfterException(Duration.ofSeconds(10_000_000_000_000L), "later");
		}

		@AfterCommitDispatch(name = "quick")
		void quick() {
		}

	}

}
