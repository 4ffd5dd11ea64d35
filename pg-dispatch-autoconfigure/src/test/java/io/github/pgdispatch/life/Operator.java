package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Instant;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.life.History.Pause;
import io.github.pgdispatch.test.TestDatabase;

/**
 * Pauses and resumes jobs, and sets limits of queues anew.
 */
final class Operator extends Actor {

	Operator(TestDatabase database, History history, RandomGenerator random) throws SQLException {
		super(database, history, random);
	}

	@Override
	void act() throws Exception {
		rest(200);
		switch (this.random.nextInt(4)) {
			case 0 -> Queues.setFew(session(), 1 + this.random.nextInt(3));
			case 1 -> pause("");
			case 2 ->
				pause("handler => '" + RandomJobs.HANDLERS[this.random.nextInt(RandomJobs.HANDLERS.length)] + "'");
			default -> pause("queue => '" + Queues.NAMES[this.random.nextInt(Queues.NAMES.length)] + "'");
		}
	}

	private void pause(String what) throws Exception {
		session().run("SELECT pgdispatch.pause(" + what + ")");
		Instant paused = Instant.now();
		rest(oneIn(3) ? 1500 : 200);
		Instant resuming = Instant.now();
		session().run("SELECT pgdispatch.resume(" + what + ")");
		String name = what.replaceAll("^[^']*'|'$", "");
		this.history.add(new Pause(what.startsWith("handler") ? name : null, what.startsWith("queue") ? name : null,
				paused, resuming));
	}

}
