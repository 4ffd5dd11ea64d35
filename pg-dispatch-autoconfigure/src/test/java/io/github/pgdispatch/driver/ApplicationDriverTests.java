package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ApplicationDriver}: what wakes its workers. The poll interval is so
 * long that only the tests of polling wait for it.
 */
@Tag("every-postgresql")
@PostgresTest
class ApplicationDriverTests {

	private static final Duration NEVER = Duration.ofHours(1);

	private TestDatabase database;

	private JdbcClient jdbc;

	private ApplicationDriver driver;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (name text, at timestamptz DEFAULT clock_timestamp())").update();
	}

	@AfterEach
	void stop() {
		this.driver.stop();
	}

	private void start(int threads, Duration pollInterval, boolean listen) {
		this.driver = new ApplicationDriver(this.database.dataSource("app"), new CustomizableThreadFactory(),
				new DriverSettings(threads, pollInterval, listen), List::of);
		this.driver.start();
	}

	/**
	 * The driver connects once before its watcher does.
	 */
	@Test
	void watcherGoesOnAfterAnError() {
		AtomicInteger connections = new AtomicInteger();
		this.driver = new ApplicationDriver(new DelegatingDataSource(this.database.dataSource("app")) {

			@Override
			public Connection getConnection() throws SQLException {
				if (connections.incrementAndGet() == 2) {
					throw new OutOfMemoryError("unable to create native thread");
				}
				return super.getConnection();
			}

		}, new CustomizableThreadFactory(), new DriverSettings(1, NEVER, true), List::of);
		dispatch("INSERT INTO effect VALUES ('early')", true);
		this.driver.start();
		awaitEffects("early");
		assertThat(connections).hasValueGreaterThan(2);
	}

	private void awaitRest() {
		await().until(() -> this.jdbc.sql("""
				SELECT count(*) FROM pg_locks
				 WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
				   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
			.query(Integer.class)
			.single(), (count) -> count == 1);
	}

	private void dispatch(String command, boolean notify) {
		this.jdbc.sql("SELECT pgdispatch.dispatch(?, '0', ?)").params(command, notify).query((row) -> {
		});
	}

	private void awaitEffects(String... names) {
		await().untilAsserted(() -> assertThat(this.jdbc.sql("SELECT name FROM effect").query(String.class).list())
			.containsExactlyInAnyOrder(names));
	}

	@Test
	void runsJobsThatWereThereWhenItStarted() {
		dispatch("INSERT INTO effect VALUES ('early')", true);
		start(1, NEVER, false);
		awaitEffects("early");
	}

	@Test
	void isNotifiedOfDispatchesFromSql() {
		start(1, NEVER, true);
		awaitRest();
		this.jdbc.sql("SELECT pgdispatch.fire('INSERT INTO effect VALUES (''fired'')')").query((row) -> {
		});
		awaitEffects("fired");
	}

	@Test
	void learnsOfLocalCommits() {
		start(1, NEVER, true);
		awaitRest();
		dispatch("INSERT INTO effect VALUES ('local')", false);
		this.driver.committed(1, 0);
		awaitEffects("local");
	}

	@Test
	void runsSlowJobsThatComeTogetherAtOnce() throws SQLException {
		int jobs = 8;
		start(jobs, NEVER, true);
		awaitRest();
		try (Session holder = new Session(this.database, "postgres")) {
			holder.run("SELECT pg_advisory_lock(4711)");
			for (int i = 0; i < jobs; i++) {
				dispatch("SELECT pg_advisory_xact_lock_shared(4711)", false);
			}
			this.driver.committed(jobs, 0);
			await().until(() -> this.jdbc
				.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
				.query(Integer.class)
				.single() == jobs);
		}
	}

	@Test
	void findsUnannouncedJobsAtTheNextPoll() {
		start(1, Duration.ofMillis(300), false);
		dispatch("INSERT INTO effect VALUES ('unnoticed')", false);
		awaitEffects("unnoticed");
	}

	@Test
	void runsSnoozedJobsWhenTheyAreDue() {
		start(1, NEVER, true);
		awaitRest();
		OffsetDateTime due = this.jdbc.sql("""
				SELECT now() + interval '2 seconds'
				  FROM pgdispatch.snooze('INSERT INTO effect VALUES (''snoozed'')', '2 seconds')""")
			.query(OffsetDateTime.class)
			.single();
		awaitEffects("snoozed");
		assertThat(this.jdbc.sql("SELECT at FROM effect").query(OffsetDateTime.class).single()).isAfterOrEqualTo(due);
	}

	@Test
	void asksOncePerPollIntervalWhenIdle() {
		Duration pollInterval = Duration.ofMillis(500);
		start(4, pollInterval, true);
		awaitRest();
		Set<String> queries = new HashSet<>();
		Instant start = Instant.now();
		await().pollInterval(Duration.ofMillis(10))
			.atMost(Duration.ofMinutes(1))
			.until(() -> queries.addAll(queriesOfOthers()) && queries.size() > 5);
		long intervals = Duration.between(start, Instant.now()).dividedBy(pollInterval);
		// The query at the beginning, and one after each of the intervals.
		assertThat(queries).hasSizeLessThanOrEqualTo((int) intervals + 2);
	}

	/**
	 * The start of a query is set again when its parameters have arrived, so this tells
	 * quarters of a second.
	 */
	private List<String> queriesOfOthers() {
		return this.jdbc.sql("""
				SELECT pid || ' at ' || floor(date_part('epoch', query_start) * 4) FROM pg_stat_activity
				 WHERE datname = current_database() AND pid <> pg_backend_pid()
				   AND query NOT LIKE '%pg_stat_activity%'""").query(String.class).list();
	}

}
