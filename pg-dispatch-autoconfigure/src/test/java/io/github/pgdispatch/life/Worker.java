package io.github.pgdispatch.life;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.test.TestDatabase;

/**
 * Runs commands, as a driver has it.
 */
final class Worker extends Actor {

	private static final int SLICE = 50;

	private final ScheduledExecutorService canceller;

	private int pace = 1;

	private String position = "after_due_at => '-infinity', after_id => 0";

	Worker(TestDatabase database, History history, RandomGenerator random, ScheduledExecutorService canceller)
			throws SQLException {
		super(database, history, random);
		this.canceller = canceller;
	}

	@Override
	void lost() {
		this.pace = -49;
	}

	@Override
	void act() throws Exception {
		if (oneIn(5)) {
			session().run("CALL pgdispatch.work()");
			return;
		}
		boolean inBatches = this.pace > 1;
		boolean drained = true;
		try (Statement statement = session().connection().createStatement()) {
			ScheduledFuture<?> alarm = this.canceller.schedule(() -> cancel(statement, inBatches), 2 * SLICE,
					TimeUnit.MILLISECONDS);
			try (ResultSet row = statement
				.executeQuery("CALL pgdispatch.work(slice => '%d milliseconds', pace => %d, %s)".formatted(SLICE,
						this.pace, this.position))) {
				row.next();
				this.pace = row.getInt("pace");
				this.position = "after_due_at => '%s', after_id => %d".formatted(row.getString("after_due_at"),
						row.getLong("after_id"));
				drained = row.getBoolean("drained");
			}
			finally {
				alarm.cancel(false);
			}
		}
		catch (SQLException ex) {
			if (!inBatches || !"57014".equals(ex.getSQLState())) {
				throw ex;
			}
		}
		if (drained) {
			rest(20);
		}
	}

	private void cancel(Statement statement, boolean inBatches) {
		try {
			if (inBatches) {
				statement.cancel();
			}
		}
		catch (SQLException ex) {
			this.history.add("There was nothing to be cancelled: " + ex.getMessage());
		}
	}

}
