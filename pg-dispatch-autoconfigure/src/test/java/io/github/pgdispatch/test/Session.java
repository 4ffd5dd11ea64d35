package io.github.pgdispatch.test;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.fail;

/**
 * A session of a role, in autocommit: a test that wants a transaction says {@code BEGIN}.
 */
public final class Session implements AutoCloseable {

	private final Connection connection;

	private final int pid;

	public Session(TestDatabase database, String role) throws SQLException {
		this.connection = database.dataSource(role).getConnection();
		this.pid = Integer.parseInt(value("SELECT pg_catalog.pg_backend_pid()"));
	}

	public int pid() {
		return this.pid;
	}

	public Connection connection() {
		return this.connection;
	}

	public void run(String... statements) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	public String value(String sql) throws SQLException {
		List<String> values = values(sql);
		return values.isEmpty() ? null : values.get(0);
	}

	public List<String> values(String sql) throws SQLException {
		List<String> values = new ArrayList<>();
		try (Statement statement = this.connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
			while (row.next()) {
				values.add(row.getString(1));
			}
		}
		return values;
	}

	public ServerErrorMessage error(String sql) {
		try {
			run(sql);
		}
		catch (PSQLException ex) {
			return ex.getServerErrorMessage();
		}
		catch (SQLException ex) {
			return fail(ex);
		}
		return fail("There was no error in " + sql);
	}

	public void fire(String command) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement("SELECT pgdispatch.fire(?)")) {
			statement.setString(1, command);
			statement.execute();
		}
	}

	public void snooze(String command, Duration delay) throws SQLException {
		try (PreparedStatement statement = this.connection
			.prepareStatement("SELECT pgdispatch.snooze(?, make_interval(secs => ?))")) {
			statement.setString(1, command);
			statement.setDouble(2, delay.toMillis() / 1000.0);
			statement.execute();
		}
	}

	/**
	 * Runs what is due.
	 * @param arguments of the executor, as in {@code prefetch => 50}
	 * @return what the call tells
	 */
	public Drain work(String... arguments) throws SQLException {
		try (Statement statement = this.connection.createStatement();
				ResultSet row = statement.executeQuery("CALL pgdispatch.work(" + String.join(", ", arguments) + ")")) {
			row.next();
			return new Drain(row.getInt("prefetch"), row.getInt("completed"), row.getInt("failed"),
					row.getBoolean("drained"), row.getString("next_due_in"));
		}
	}

	/**
	 * Runs what is due, each job in a transaction of its own.
	 */
	public void workAlone() throws SQLException {
		while (!work("slice => '0'", "prefetch => 1").drained()) {
			// One at a time, then.
		}
	}

	/**
	 * Runs what is due in one transaction, or in several if that would take long.
	 */
	public void workInChunk() throws SQLException {
		work("prefetch => 50");
	}

	public List<String> notifications(Duration timeout) throws SQLException {
		List<String> channels = new ArrayList<>();
		for (PGNotification notification : this.connection.unwrap(PGConnection.class)
			.getNotifications((int) timeout.toMillis())) {
			channels.add(notification.getName());
		}
		return channels;
	}

	/**
	 * Does something on a thread of its own.
	 * @param <T> the type of its result
	 * @param action that may take until the test goes on
	 * @return its future result
	 */
	public static <T> FutureTask<T> async(Callable<T> action) {
		FutureTask<T> task = new FutureTask<>(action);
		Thread thread = new Thread(task, "session");
		thread.setDaemon(true);
		thread.start();
		return task;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

	/**
	 * What a call of the executor tells.
	 */
	public record Drain(int prefetch, int completed, int failed, boolean drained, String nextDueIn) {

	}

}
