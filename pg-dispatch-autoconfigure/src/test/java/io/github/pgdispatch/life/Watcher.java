package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.test.TestDatabase;

/**
 * Watches the queue, as an application's driver does.
 */
final class Watcher extends Actor {

	Watcher(TestDatabase database, History history, RandomGenerator random) throws SQLException {
		super(database, history, random);
	}

	@Override
	void act() throws Exception {
		session().run("SELECT pgdispatch.poll_queue(10, " + this.random.nextBoolean() + ")");
		rest(50);
		session().run("SELECT pg_advisory_unlock_all()");
	}

}
