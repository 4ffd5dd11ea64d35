package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;

/**
 * Kills sessions of others.
 */
final class Killer extends Actor {

	private final Runners victims;

	private final Session superuser;

	Killer(TestDatabase database, History history, RandomGenerator random, Runners victims) throws SQLException {
		super(database, history, random);
		this.victims = victims;
		this.superuser = new Session(database, "postgres");
	}

	@Override
	void act() throws Exception {
		rest(300);
		List<Integer> sessions = this.victims.sessions();
		if (sessions.isEmpty()) {
			return;
		}
		int pid = sessions.get(this.random.nextInt(sessions.size()));
		this.history.addKilled(pid);
		this.superuser.run("SELECT pg_terminate_backend(" + pid + ")");
	}

	@Override
	public void close() throws SQLException {
		super.close();
		this.superuser.close();
	}

}
