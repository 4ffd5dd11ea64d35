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

	private final List<? extends Actor> victims;

	private final Session superuser;

	Killer(TestDatabase database, History history, RandomGenerator random, List<? extends Actor> victims)
			throws SQLException {
		super(database, history, random);
		this.victims = victims;
		this.superuser = new Session(database, "postgres");
	}

	@Override
	void act() throws Exception {
		rest(300);
		int pid = this.victims.get(this.random.nextInt(this.victims.size())).session().pid();
		this.history.addKilled(pid);
		this.superuser.run("SELECT pg_terminate_backend(" + pid + ")");
	}

	@Override
	public void close() throws SQLException {
		super.close();
		this.superuser.close();
	}

}
