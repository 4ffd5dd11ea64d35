package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import io.github.pgdispatch.test.TestDatabase;

/**
 * Sessions that call what drivers call, as no driver would do it.
 */
final class ActingRunners implements Runners {

	private final List<Actor> actors = new ArrayList<>();

	private final ScheduledExecutorService canceller = Executors.newSingleThreadScheduledExecutor();

	ActingRunners(TestDatabase database, History history, Random seeds) throws SQLException {
		for (int i = 0; i < 3; i++) {
			this.actors.add(new Worker(database, history, new Random(seeds.nextLong()), this.canceller));
		}
		for (int i = 0; i < 2; i++) {
			this.actors.add(new Node(database, history, new Random(seeds.nextLong())));
		}
		this.actors.add(new Watcher(database, history, new Random(seeds.nextLong())));
	}

	@Override
	public void start() {
		this.actors.forEach(Actor::start);
	}

	@Override
	public void stop() throws Exception {
		for (Actor actor : this.actors) {
			actor.stop();
		}
	}

	@Override
	public List<Integer> sessions() {
		return this.actors.stream().map((actor) -> actor.session().pid()).toList();
	}

	@Override
	public boolean runOutside() {
		return true;
	}

	@Override
	public void close() throws SQLException {
		for (Actor actor : this.actors) {
			actor.close();
		}
		this.canceller.shutdownNow();
	}

}
