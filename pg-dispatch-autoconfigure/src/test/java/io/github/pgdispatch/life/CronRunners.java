package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.github.pgdispatch.test.TestDatabase;

import static org.awaitility.Awaitility.await;

/**
 * pg_cron, which runs the commands, and nodes for the jobs of handlers.
 */
final class CronRunners implements Runners {

	private final LifeDatabase life;

	private final Actors nodes;

	CronRunners(TestDatabase database, LifeDatabase life, History history, Random seeds) throws SQLException {
		this.life = life;
		this.nodes = new Actors(List.of(new Node(database, history, new Random(seeds.nextLong())),
				new Node(database, history, new Random(seeds.nextLong()))));
	}

	@Override
	public void start() {
		this.nodes.start();
	}

	@Override
	public void stop() throws Exception {
		this.nodes.stop();
		await("pg_cron").until(() -> cronSessions().isEmpty() && this.life.values("SELECT * FROM cron.job").isEmpty());
	}

	@Override
	public List<Integer> sessions() throws SQLException {
		List<Integer> sessions = new ArrayList<>(this.nodes.sessions());
		sessions.addAll(cronSessions());
		return sessions;
	}

	private List<Integer> cronSessions() throws SQLException {
		return this.life.sessions("query LIKE 'DO %CALL pgdispatch.cron_work(%'");
	}

	/**
	 * It begins each of them with a minute of the clock.
	 */
	@Override
	public boolean runNonTransactional() {
		return false;
	}

	@Override
	public void close() throws SQLException {
		this.nodes.close();
	}

}
