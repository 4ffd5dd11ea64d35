package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;

import static io.github.pgdispatch.sql.Lanes.call;
import static io.github.pgdispatch.sql.Lanes.dispatch;
import static io.github.pgdispatch.sql.Lanes.run;

/**
 * Tests of what jobs have to do with each other.
 */
abstract class AbstractLaneTests extends AbstractQueueTests {

	Lanes lanes;

	Node node;

	AbstractLaneTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.lanes = new Lanes(this.queue);
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
