package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.postgresql.util.PSQLState;

/**
 * Does something again and again in a session and a thread of its own, until it is told
 * to stop. Whatever goes wrong besides the loss of its session is in the history then.
 */
abstract class Actor implements AutoCloseable {

	private static final Set<String> LOST = Set.of("57P01", "08000", "08003", "08006");

	final History history;

	final RandomGenerator random;

	private final TestDatabase database;

	private volatile Session session;

	private volatile boolean stopped;

	private FutureTask<Void> running = new FutureTask<>(() -> null);

	Actor(TestDatabase database, History history, RandomGenerator random) throws SQLException {
		this.database = database;
		this.history = history;
		this.random = random;
		this.session = new Session(database, "app");
	}

	abstract void act() throws Exception;

	/**
	 * Is called when there is another session, as the last one was lost.
	 */
	void lost() {
	}

	void start() {
		this.running = Session.async(this::run);
	}

	private Void run() {
		while (!this.stopped) {
			try {
				act();
			}
			catch (SQLException ex) {
				handle(ex);
			}
			catch (Exception | Error ex) {
				this.history.add(ex);
			}
		}
		return null;
	}

	private void handle(SQLException ex) {
		if (!isLost(ex)) {
			this.history.add(ex);
			return;
		}
		try {
			renewSession();
			lost();
		}
		catch (SQLException inVain) {
			this.history.add(inVain);
		}
	}

	static boolean isLost(SQLException ex) {
		return LOST.contains(String.valueOf(ex.getSQLState()));
	}

	static boolean isCancelled(SQLException ex) {
		return PSQLState.QUERY_CANCELED.getState().equals(ex.getSQLState());
	}

	void renewSession() throws SQLException {
		this.session.close();
		this.session = new Session(this.database, "app");
	}

	Session session() {
		return this.session;
	}

	boolean oneIn(int many) {
		return this.random.nextInt(many) == 0;
	}

	void rest(int millisAtMost) throws InterruptedException {
		Thread.sleep(this.random.nextInt(millisAtMost) + 1);
	}

	void stop() throws Exception {
		this.stopped = true;
		this.running.get();
	}

	@Override
	public void close() throws SQLException {
		this.session.close();
	}

}
