package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.github.pgdispatch.test.TestDatabase;

/**
 * All those who do something to jobs, for a few seconds, and those who run them, until
 * nothing is left.
 */
final class Scene implements AutoCloseable {

	private static final Duration DURATION = Duration.ofSeconds(4);

	private static final Duration DEADLINE = Duration.ofSeconds(120);

	private final LifeDatabase life;

	private final History history;

	private final DeadLetters deadLetters;

	private final Actors users;

	private final Runners runners;

	Scene(TestDatabase database, LifeDatabase life, History history, Random seeds, Runners runners)
			throws SQLException {
		this.life = life;
		this.history = history;
		this.deadLetters = new DeadLetters(history, new Random(seeds.nextLong()));
		List<Actor> users = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			users.add(new Dispatcher(database, history, new Random(seeds.nextLong()), runners.runNonTransactional()));
		}
		users.add(new Operator(database, history, new Random(seeds.nextLong())));
		users.add(new Killer(database, history, new Random(seeds.nextLong()), runners));
		this.users = new Actors(users);
		this.runners = runners;
	}

	void play(Problems problems, ScheduleModel schedules) throws Exception {
		this.users.start();
		this.runners.start();
		Thread.sleep(DURATION.toMillis());
		this.users.stop();
		schedules.end();
		List<String> leftovers = drain();
		if (!leftovers.isEmpty()) {
			problems.add(leftovers.size() + " were left: "
					+ String.join("\n    ", leftovers.subList(0, Math.min(20, leftovers.size()))));
			problems.add("The database then: " + String.join("\n    ", this.life.state()));
			problems.add("The runners then: " + String.join("\n    ", this.runners.state()));
		}
		this.runners.stop();
		List<String> locks = this.life.locks();
		if (!locks.isEmpty()) {
			problems.add("Locks were left: " + locks);
		}
		this.history.surprises()
			.stream()
			.map(Throwable::toString)
			.distinct()
			.forEach((surprise) -> problems.add("A session had an error: " + surprise));
	}

	private List<String> drain() throws Exception {
		Instant deadline = Instant.now().plus(DEADLINE);
		List<String> leftovers;
		do {
			Thread.sleep(50);
			while (dealWithDeadLetter()) {
				// There may be more.
			}
			leftovers = this.life.leftovers();
		}
		while (!leftovers.isEmpty() && Instant.now().isBefore(deadline));
		return leftovers;
	}

	private boolean dealWithDeadLetter() throws SQLException {
		Transaction transaction = this.history.begin("READ COMMITTED");
		this.life.app().run("BEGIN");
		boolean dealtWith = this.deadLetters.dealWithOne(this.life.app(), transaction);
		this.life.app().run("COMMIT");
		transaction.committed();
		return dealtWith;
	}

	@Override
	public void close() throws SQLException {
		this.users.close();
	}

}
