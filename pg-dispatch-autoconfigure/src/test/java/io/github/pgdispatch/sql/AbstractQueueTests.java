package io.github.pgdispatch.sql;

import java.sql.SQLException;

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
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
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
		this.app = this.queue.app();
	}

	@AfterEach
	void logOut() throws SQLException {
		this.app.close();
		this.queue.close();
	}

}
