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

	private final Actors actors;

	private final ScheduledExecutorService canceller = Executors.newSingleThreadScheduledExecutor();

	ActingRunners(TestDatabase database, History history, Random seeds) throws SQLException {
		List<Actor> actors = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			actors.add(new Worker(database, history, new Random(seeds.nextLong()), this.canceller));
		}
		for (int i = 0; i < 2; i++) {
			actors.add(new Node(database, history, new Random(seeds.nextLong())));
		}
		actors.add(new Watcher(database, history, new Random(seeds.nextLong())));
		this.actors = new Actors(actors);
	}

	@Override
	public void start() {
		this.actors.start();
	}

	@Override
	public void stop() throws Exception {
		this.actors.stop();
	}

	@Override
	public List<Integer> sessions() {
		return this.actors.sessions();
	}

	@Override
	public boolean runNonTransactional() {
		return true;
	}

	@Override
	public void close() throws SQLException {
		this.actors.close();
		this.canceller.shutdownNow();
	}

}
