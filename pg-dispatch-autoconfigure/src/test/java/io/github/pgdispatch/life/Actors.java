package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;

/**
 * Several who act at the same time.
 */
record Actors(List<? extends Actor> all) implements AutoCloseable {

	void start() {
		this.all.forEach(Actor::start);
	}

	void stop() throws Exception {
		for (Actor actor : this.all) {
			actor.stop();
		}
	}

	/**
	 * Returns the process ids of their sessions.
	 */
	List<Integer> sessions() {
		return this.all.stream().map((actor) -> actor.session().pid()).toList();
	}

	@Override
	public void close() throws SQLException {
		for (Actor actor : this.all) {
			actor.close();
		}
	}

}
