package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;

import static io.github.pgdispatch.sql.RunLog.call;
import static io.github.pgdispatch.sql.RunLog.dispatch;
import static io.github.pgdispatch.sql.RunLog.run;

/**
 * Tests of what jobs have to do with each other.
 */
abstract class AbstractRunLogTests extends AbstractQueueTests {

	RunLog runLog;

	Node node;

	AbstractRunLogTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.runLog = new RunLog(this.queue);
		this.node = new Node(this.app);
	}

	String job(Session session, String name, String... options) throws SQLException {
		return session.value(dispatch(run(name), options));
	}

	String job(String name, String... options) throws SQLException {
		return job(this.app, name, options);
	}

	String calls(String handler, String... options) throws SQLException {
		return this.app.value(call(handler, options));
	}

}
