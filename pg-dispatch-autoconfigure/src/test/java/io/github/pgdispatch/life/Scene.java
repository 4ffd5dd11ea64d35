package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;

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

	private final List<Actor> users = new ArrayList<>();

	private final List<Actor> runners = new ArrayList<>();

	private final ScheduledExecutorService canceller = Executors.newSingleThreadScheduledExecutor();

	Scene(TestDatabase database, LifeDatabase life, History history, Random seeds) throws SQLException {
		this.life = life;
		this.history = history;
		this.deadLetters = new DeadLetters(history, new Random(seeds.nextLong()));
		for (int i = 0; i < 4; i++) {
			this.users.add(new Dispatcher(database, history, new Random(seeds.nextLong())));
		}
		this.users.add(new Operator(database, history, new Random(seeds.nextLong())));
		for (int i = 0; i < 3; i++) {
			this.runners.add(new Worker(database, history, new Random(seeds.nextLong()), this.canceller));
		}
		for (int i = 0; i < 2; i++) {
			this.runners.add(new Node(database, history, new Random(seeds.nextLong())));
		}
		this.users.add(new Killer(database, history, new Random(seeds.nextLong()), List.copyOf(this.runners)));
		this.runners.add(new Watcher(database, history, new Random(seeds.nextLong())));
	}

	void play(Problems problems) throws Exception {
		Stream.concat(this.users.stream(), this.runners.stream()).forEach(Actor::start);
		Thread.sleep(DURATION.toMillis());
		for (Actor user : this.users) {
			user.stop();
		}
		List<String> leftovers = drain();
		for (Actor runner : this.runners) {
			runner.stop();
		}
		if (!leftovers.isEmpty()) {
			problems.add("It was left: " + String.join("\n    ", leftovers));
		}
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
			Transaction transaction = this.history.begin("READ COMMITTED");
			this.life.app().run("BEGIN");
			this.deadLetters.dealWithOne(this.life.app(), transaction);
			this.life.app().run("COMMIT");
			transaction.committed();
			leftovers = this.life.leftovers();
		}
		while (!leftovers.isEmpty() && Instant.now().isBefore(deadline));
		return leftovers;
	}

	@Override
	public void close() throws Exception {
		for (Actor actor : Stream.concat(this.users.stream(), this.runners.stream()).toList()) {
			actor.close();
		}
		this.canceller.shutdownNow();
	}

}
