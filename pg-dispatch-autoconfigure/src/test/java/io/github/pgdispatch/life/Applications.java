package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.Route;

import static org.awaitility.Awaitility.await;

/**
 * Nodes of an application, each in a JVM of its own, the first of which is killed after a
 * while.
 */
final class Applications implements Runners {

	private static final int NODES = 3;

	private final Route route;

	private final LifeDatabase life;

	private final History history;

	private final List<JvmProcess> nodes = new ArrayList<>();

	private final int killedAfter;

	private final ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor();

	Applications(Route route, LifeDatabase life, History history, Random random) {
		this.route = route;
		this.life = life;
		this.history = history;
		this.killedAfter = 1000 + random.nextInt(3000);
		for (int i = 0; i < NODES; i++) {
			this.nodes.add(HandlerNode.startJvm(route, "node " + i, LifeHandlers.class, "pgdispatch.worker.lease=1s",
					"pgdispatch.worker.poll-interval=500ms", "pgdispatch.retry.max-attempts=50",
					"pgdispatch.retry.back-off=50ms", "pgdispatch.retry.back-off-multiplier=1"));
		}
		// A node that loses its session while it starts does not start.
		await().atMost(Duration.ofMinutes(2)).until(() -> this.nodes.stream().allMatch(HandlerNode::hasStarted));
	}

	@Override
	public void start() {
		this.killer.schedule(this::kill, this.killedAfter, TimeUnit.MILLISECONDS);
	}

	private void kill() {
		try {
			// Also those that are there only once it is dead. Behind a pooler, its
			// transactions may have the sessions of any node.
			String victims = this.route.isPooled() ? "node %" : "node 0";
			sessionsOf(victims).forEach(this.history::addKilled);
			this.nodes.get(0).kill();
			sessionsOf(victims).forEach(this.history::addKilled);
		}
		catch (SQLException ex) {
			this.history.add(ex);
		}
	}

	private List<Integer> sessionsOf(String name) throws SQLException {
		return this.life.sessions("application_name LIKE '" + name + "'");
	}

	@Override
	public List<Integer> sessions() throws SQLException {
		return sessionsOf("node %");
	}

	@Override
	public boolean runNonTransactional() {
		return true;
	}

	@Override
	public List<String> state() {
		return this.nodes.stream()
			.flatMap((node) -> Stream.concat(Stream.of("A node that is alive: " + node.isAlive()), last(node.log())))
			.toList();
	}

	private static Stream<String> last(List<String> lines) {
		return lines.stream().skip(Math.max(0, lines.size() - 40));
	}

	@Override
	public void stop() {
		this.nodes.forEach(JvmProcess::close);
		this.route.close();
		await().until(() -> sessions().isEmpty());
	}

	@Override
	public void close() {
		this.killer.shutdownNow();
		this.nodes.forEach(JvmProcess::close);
	}

}
