package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Gives each test an empty queue, and a session of the role {@code app}.
 */
@Tag("every-postgresql")
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
@PostgresTest
abstract class AbstractQueueTests {

	final Queue queue;

	Session app;

	AbstractQueueTests(TestDatabase database) {
		this.queue = new Queue(database);
	}

	@BeforeAll
	static void install(TestDatabase database) throws SQLException {
		try (Queue queue = new Queue(database)) {
			queue.install();
		}
	}

	@BeforeEach
	void logIn() throws SQLException {
		this.queue.clear();
		this.queue.awaitEndOfSessions();
		this.app = this.queue.app();
	}

	@AfterEach
	void logOut() throws SQLException {
		this.app.close();
		this.queue.close();
	}

	/**
	 * All of what was sent before now: they come in the order of the commits.
	 */
	final List<String> notifications(Session session) throws SQLException {
		session.run("LISTEN up_to_here");
		this.app.run("NOTIFY up_to_here");
		List<String> channels = new ArrayList<>();
		while (!channels.contains("up_to_here")) {
			channels.addAll(session.notifications(Duration.ofMinutes(1)));
		}
		channels.remove("up_to_here");
		return channels;
	}

}
