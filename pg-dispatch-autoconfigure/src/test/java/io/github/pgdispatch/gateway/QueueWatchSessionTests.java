package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import io.github.pgdispatch.gateway.QueueWatchSession.Notified;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link QueueWatchSession}: it counts as a driver, and leaves nothing on a
 * connection that goes back to its pool.
 */
@PgCronTest
class QueueWatchSessionTests {

	private static final Duration SOON = Duration.ofMinutes(1);

	private static final String LOCKS = """
			SELECT count(*)
			  FROM pg_locks
			 WHERE locktype = 'advisory'
			   AND pid = pg_backend_pid()""";

	@Test
	void leavesNothingOnItsConnection(TestDatabase database) throws SQLException {
		database.install("app");
		try (Connection connection = database.dataSource("app").getConnection();
				Statement statement = connection.createStatement()) {
			SingleConnectionDataSource pool = new SingleConnectionDataSource(connection, true);
			JdbcClient jdbc = JdbcClient.create(pool);
			for (int times = 1; times <= 2; times++) {
				try (QueueWatchSession session = QueueWatchSession.open(pool, new SqlJobQueue(1), true)) {
					session.look(true);
					session.look(true);
					assertThat(jdbc.sql(LOCKS).query(Integer.class).single()).isEqualTo(2);
				}
				assertThat(jdbc.sql(LOCKS).query(Integer.class).single()).isZero();
				assertThat(jdbc.sql("SELECT pg_listening_channels()").query().listOfRows()).isEmpty();
				assertThat(jdbc.sql("SELECT pgdispatch.has_application('app')").query(Boolean.class).single())
					.isFalse();
			}
			statement.execute("SELECT pgdispatch.end_polling()");
			assertThat((Object) statement.getWarnings()).isNull();
		}
	}

	@Test
	void oneOfSeveralSessionsIsToLook(PgCronServer server) throws SQLException {
		TestDatabase database = server.database().another().install("app");
		JdbcClient jdbc = database.jdbcOfOneSession("app");
		try (QueueWatchSession one = open(database); QueueWatchSession two = open(database)) {
			one.look(true);
			two.look(true);
			fire(jdbc);
			assertThat(one.await(SOON)).isEqualTo(Notified.THIS);
			assertThat(two.await(SOON)).isEqualTo(Notified.ANOTHER);

			one.passRestOn();
			assertThat(two.await(SOON)).isEqualTo(Notified.THIS);
			two.look(true);
			assertThat(two.isResting()).isTrue();
			one.await(SOON); // Its own notification.
			assertThat(one.look(true).mayMissDispatches()).isFalse();
			fire(jdbc);
			assertThat(one.await(SOON)).isEqualTo(Notified.ANOTHER);
			assertThat(two.await(SOON)).isEqualTo(Notified.THIS);
		}
	}

	/**
	 * The dispatch finds that a session rests, and commits when it does not any more.
	 */
	@Test
	void sessionThatRestedIsToLookAfterItsRest(PgCronServer server) throws SQLException {
		TestDatabase database = server.database().another().install("app");
		try (QueueWatchSession one = open(database);
				QueueWatchSession two = open(database);
				Session caller = new Session(database, "app")) {
			one.look(true);
			two.look(true);
			caller.run("BEGIN");
			caller.fire("SELECT 1");
			one.endRest();
			caller.run("COMMIT");
			assertThat(one.await(SOON)).isEqualTo(Notified.THIS);
			assertThat(two.await(SOON)).isEqualTo(Notified.ANOTHER);
		}
	}

	private static QueueWatchSession open(TestDatabase database) throws SQLException {
		return QueueWatchSession.open(database.dataSource("app"), new SqlJobQueue(1), true);
	}

	private static void fire(JdbcClient jdbc) {
		jdbc.sql("SELECT pgdispatch.fire('SELECT 1')").query().singleRow();
	}

	@Test
	void countsAsAnApplicationWherePgCronIsInAnotherDatabase(PgCronServer server) throws SQLException {
		server.database().jdbc("postgres").sql("CREATE DATABASE elsewhere OWNER app").update();
		TestDatabase elsewhere = new TestDatabase(server.reachablePort(), "elsewhere").install("app");
		try (QueueWatchSession session = QueueWatchSession.open(elsewhere.dataSource("app"), new SqlJobQueue(1),
				false)) {
			session.look(true);
			assertThat(warningOfADispatch(elsewhere)).isNull();
		}
		assertThat(warningOfADispatch(elsewhere)).hasMessageContaining("no application is connected");
	}

	private static @Nullable Exception warningOfADispatch(TestDatabase database) throws SQLException {
		try (Connection connection = database.dataSource("app").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("SELECT pgdispatch.fire('SELECT 1')");
			return statement.getWarnings();
		}
	}

}
