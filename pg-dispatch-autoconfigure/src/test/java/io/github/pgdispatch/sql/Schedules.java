package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;

/**
 * The schedules of a queue, whose clock a test puts forward.
 *
 * @param queue the queue
 */
record Schedules(Queue queue) {

	private static final String LET_PASS = """
			WITH schedule AS (
			    UPDATE pgdispatch.schedule SET next_at = next_at - interval '%1$s' WHERE name = '%2$s' RETURNING tick),
			managed AS (
			    UPDATE pgdispatch.managed_job
			       SET due_at = due_at - interval '%1$s', place = place - interval '%1$s', rank = rank - interval '%1$s'
			     WHERE id IN (SELECT tick FROM schedule)),
			handler AS (
			    UPDATE pgdispatch.handler_job SET due_at = due_at - interval '%1$s' WHERE id IN (SELECT tick FROM schedule))
			UPDATE pgdispatch.job SET due_at = due_at - interval '%1$s' WHERE id IN (SELECT tick FROM schedule)""";

	/**
	 * Lets time pass for a schedule.
	 * @param name of the schedule
	 * @param time that passes
	 */
	void letPass(String name, String time) throws SQLException {
		this.queue.run(LET_PASS.formatted(time, name));
	}

	/**
	 * Schedules a command that leaves its name.
	 * @param session that schedules it
	 * @param name of the schedule
	 * @param every its interval
	 * @param options as named arguments
	 * @return what the call returns
	 */
	String create(Session session, String name, String every, String... options) throws SQLException {
		return session.value("SELECT pgdispatch.schedule('%s', '%s', $command$%s$command$%s)".formatted(name, every,
				Queue.effect(name), (options.length > 0) ? ", " + String.join(", ", options) : ""));
	}

	/**
	 * Tells of a schedule as its role does.
	 * @param columns of {@code pgdispatch.schedules()}, which are put together
	 * @return their values with a space between them
	 */
	String show(Session session, String name, String columns) throws SQLException {
		return session
			.value("SELECT concat_ws(' ', %s) FROM pgdispatch.schedules() WHERE name = '%s'".formatted(columns, name));
	}

	/**
	 * Returns the id of the tick that counts.
	 */
	long tick(String name) throws SQLException {
		String tick = this.queue.value("SELECT coalesce(tick, 0) FROM pgdispatch.schedule WHERE name = '" + name + "'");
		return Long.parseLong(tick);
	}

}
