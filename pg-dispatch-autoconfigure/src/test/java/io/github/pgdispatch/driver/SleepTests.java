package io.github.pgdispatch.driver;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that a node which sleeps leaves the database alone, and yet runs what it has
 * dispatched. It is watched for a while, or for as many seconds as
 * {@code -Dsleep.seconds=600} says.
 */
@PostgresTest
class SleepTests {

	/**
	 * Longer than the poll interval and the lease of a node that is awake.
	 */
	private static final Duration QUIET = Duration.ofSeconds(Long.getLong("sleep.seconds", 6));

	/**
	 * Interval, in milliseconds, at which HikariCP closes idle connections.
	 */
	private static final String HOUSEKEEPING = "com.zaxxer.hikari.housekeeping.periodMs";

	private static final String SLEEP = "pgdispatch.worker.idle=sleep";

	private static final String FAILS_AT_FIRST = """
			DO $$ BEGIN
				ASSERT EXISTS (SELECT FROM public.effect WHERE name = 'open');
				INSERT INTO public.effect VALUES ('retried');
			END $$""";

	private TestDatabase database;

	private JdbcClient elsewhere;

	private JdbcClient server;

	private FreezingProxy network;

	private HandlerNode node;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.elsewhere = database.jdbcOfOneSession("app");
		this.server = new TestDatabase(database.port(), "postgres").jdbcOfOneSession("postgres");
		this.elsewhere.sql("CREATE TABLE effect (name text)").update();
		this.network = new FreezingProxy(database.port());
		System.setProperty(HOUSEKEEPING, "500");
	}

	@AfterEach
	void close() throws IOException {
		System.clearProperty(HOUSEKEEPING);
		this.node.close();
		this.network.close();
	}

	/**
	 * A node without a pool of its own, so that all connections that stay are those of
	 * its workers.
	 */
	private void start(String... properties) {
		String[] all = new String[properties.length + 2];
		all[0] = SLEEP;
		all[1] = "spring.datasource.type=org.springframework.jdbc.datasource.SimpleDriverDataSource";
		System.arraycopy(properties, 0, all, 2, properties.length);
		this.node = HandlerNode.start(new TestDatabase(this.network.port(), this.database.name()), Methods.class, all);
	}

	@Test
	void sleepingNodeHasNoConnectionAndRunsWhatItDispatches() throws InterruptedException {
		start();
		fire(Dispatch.sql("INSERT INTO public.effect VALUES ('first')"));
		soon().until(() -> count("first") == 1);
		soon().until(() -> this.network.open() == 0);

		int accepted = this.network.accepted();
		fireElsewhere("elsewhere");
		this.elsewhere.sql("SELECT pgdispatch.dispatch_handler('method')").query().singleValue();
		long sessions = sessionsEver();
		Thread.sleep(QUIET.toMillis());
		assertThat(this.network.accepted()).isEqualTo(accepted);
		assertThat(sessionsEver()).isEqualTo(sessions);
		assertThat(otherSessions()).isZero();
		assertThat(count("elsewhere")).isZero();

		this.node.transaction().executeWithoutResult((status) -> {
			this.node.bean(PgDispatchTemplate.class).fire("INSERT INTO public.effect VALUES ('own')");
			methods().method();
		});
		soon().until(() -> count("own") == 1 && methods().calls() == 2);
		assertThat(count("elsewhere")).isOne();
	}

	/**
	 * Returns the number of client sessions that the database has had. A statement would
	 * need one.
	 */
	private long sessionsEver() {
		return this.server.sql("SELECT sessions FROM pg_stat_database WHERE datname = ?")
			.param(this.database.name())
			.query(Long.class)
			.single();
	}

	private int otherSessions() {
		return this.server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pid <> ?")
			.params(this.database.name(), this.elsewhere.sql("SELECT pg_backend_pid()").query(Integer.class).single())
			.query(Integer.class)
			.single();
	}

	@Test
	void sleepingNodeKnowsWhenJobsAreDue() {
		start("pgdispatch.retry.max-attempts=5", "pgdispatch.retry.back-off=4s");
		this.node.transaction().executeWithoutResult((status) -> {
			PgDispatchTemplate template = this.node.bean(PgDispatchTemplate.class);
			template.fire(Dispatch.sql("INSERT INTO public.effect VALUES ('snoozed')").delay(Duration.ofSeconds(5)));
			template.fire(Dispatch.sql(FAILS_AT_FIRST)
				.maxAttempts(5)
				.backOff(new BackOff(Duration.ofSeconds(4), 1, Duration.ofSeconds(4))));
			methods().failOnce();
		});
		soon().until(() -> methods().failures() == 1);
		awaitAsleep();
		assertThat(methods().failures()).isOne();
		this.elsewhere.sql("INSERT INTO effect VALUES ('open')").update();
		soon().until(() -> methods().failures() == 2 && count("retried") == 1 && count("snoozed") == 1);
	}

	@Test
	void pollThatIsAskedForFindsJobsFromElsewhere() {
		start("pgdispatch.worker.poll-interval=3s");
		awaitAsleep();
		fireElsewhere("elsewhere");
		soon().until(() -> count("elsewhere") == 1);
	}

	private void awaitAsleep() {
		soon().until(() -> this.node.bean(ApplicationDriver.class).state().asleep()
				&& this.node.bean(HandlerDriver.class).state().asleep());
	}

	private Methods methods() {
		return this.node.bean(Methods.class);
	}

	private void fire(Dispatch dispatch) {
		this.node.transaction()
			.executeWithoutResult((status) -> this.node.bean(PgDispatchTemplate.class).fire(dispatch));
	}

	private void fireElsewhere(String effect) {
		this.elsewhere.sql("SELECT pgdispatch.fire(?)")
			.param("INSERT INTO public.effect VALUES ('" + effect + "')")
			.query()
			.singleRow();
	}

	private int count(String effect) {
		return this.elsewhere.sql("SELECT count(*) FROM effect WHERE name = ?")
			.param(effect)
			.query(Integer.class)
			.single();
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

	static class Methods {

		private final AtomicInteger calls = new AtomicInteger();

		private final AtomicInteger failures = new AtomicInteger();

		int calls() {
			return this.calls.get();
		}

		int failures() {
			return this.failures.get();
		}

		@AfterCommitDispatch(name = "method")
		void method() {
			this.calls.incrementAndGet();
		}

		@AfterCommitDispatch(name = "failOnce")
		void failOnce() {
			if (this.failures.incrementAndGet() == 1) {
				throw new IllegalStateException("It fails at first");
			}
		}

	}

}
