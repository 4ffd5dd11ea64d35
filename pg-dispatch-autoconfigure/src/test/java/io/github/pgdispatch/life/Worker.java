package io.github.pgdispatch.life;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands, as a driver has it.
 */
final class Worker extends Actor {

	private static final int SLICE = 20;

	private static final int STUCK = 100;

	private final ScheduledExecutorService canceller;

	private int prefetch = 1;

	private String position = "after_due_at => '-infinity', after_id => 0";

	Worker(TestDatabase database, History history, RandomGenerator random, ScheduledExecutorService canceller)
			throws SQLException {
		super(database, history, random);
		this.canceller = canceller;
	}

	@Override
	void lost() {
		this.prefetch = -49;
	}

	@Override
	void act() throws Exception {
		if (oneIn(5)) {
			session().run("CALL pgdispatch.work()");
			return;
		}
		boolean inChunks = this.prefetch > 1;
		boolean drained = true;
		boolean nonTransactional = false;
		try (Statement statement = session().connection().createStatement()) {
			ScheduledFuture<?> alarm = this.canceller.schedule(() -> cancel(statement, inChunks), STUCK,
					TimeUnit.MILLISECONDS);
			try (ResultSet row = statement
				.executeQuery("CALL pgdispatch.work(slice => '%d milliseconds', prefetch => %d, %s)".formatted(SLICE,
						this.prefetch, this.position))) {
				row.next();
				this.prefetch = row.getInt("prefetch");
				this.position = "after_due_at => '%s', after_id => %d".formatted(row.getString("after_due_at"),
						row.getLong("after_id"));
				drained = row.getBoolean("drained");
				nonTransactional = row.getBoolean("non_transactional");
			}
			finally {
				alarm.cancel(false);
			}
		}
		catch (SQLException ex) {
			if (!inChunks || !isCancelled(ex)) {
				throw ex;
			}
		}
		if (nonTransactional) {
			runNonTransactional();
		}
		else if (drained) {
			rest(20);
		}
	}

	/**
	 * Runs the next command that is to be run outside of a transaction, if there is one
	 * still.
	 */
	private void runNonTransactional() throws SQLException {
		String begun = begun();
		if (begun == null) {
			return;
		}
		String[] values = begun.split("\\|", 4);
		String error = "NULL";
		try {
			session().run("SET statement_timeout = " + values[2], values[3]);
		}
		catch (SQLException ex) {
			if (isLost(ex)) {
				throw ex;
			}
			error = "'" + ex.getSQLState() + "'";
		}
		try {
			session().run("RESET statement_timeout", "SELECT pgdispatch.end_non_transactional(%s, %s, %s, 'it failed')"
				.formatted(values[0], values[1], error));
		}
		catch (SQLException ex) {
			// Whoever cancels it has come too late for the command.
			cancelled(ex);
		}
		renewSession();
	}

	private @Nullable String begun() throws SQLException {
		try {
			return session().value("SELECT concat_ws('|', id, attempt, "
					+ "coalesce(extract(epoch FROM time_limit) * 1000, 0), command) FROM pgdispatch.begin_non_transactional() WHERE id IS NOT NULL");
		}
		catch (SQLException ex) {
			// Whoever cancels it has come too early for the command.
			cancelled(ex);
			renewSession();
			return null;
		}
	}

	/**
	 * The driver ends its session then, too.
	 */
	private void cancelled(SQLException ex) throws SQLException {
		if (!isCancelled(ex)) {
			throw ex;
		}
		this.history.addKilled(session().pid());
	}

	private void cancel(Statement statement, boolean inChunks) {
		try {
			if (inChunks) {
				statement.cancel();
			}
		}
		catch (SQLException ex) {
			this.history.add("There was nothing to be cancelled: " + ex.getMessage());
		}
	}

}
