package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;

/**
 * Schedules whose due times come while everything else goes on. Says how many jobs they
 * must have had.
 */
final class ScheduleModel {

	private final LifeDatabase database;

	private final Problems problems;

	ScheduleModel(LifeDatabase database, Problems problems) {
		this.database = database;
		this.problems = problems;
	}

	void begin() throws SQLException {
		create("all", "missed => 'all'");
		create("overlapping", "missed => 'all', overlap => true");
		create("some", "missed => 'skip', max_attempts => 3");
	}

	private void create(String name, String options) throws SQLException {
		this.database.app()
			.run("SELECT pgdispatch.schedule('%1$s', '1 second', $$INSERT INTO public.scheduled VALUES ('%1$s')$$, starts_at => now(), %2$s)"
				.formatted(name, options));
	}

	void end() throws SQLException {
		this.database.app().run("SELECT pgdispatch.pause_schedule(name) FROM pgdispatch.schedules()");
	}

	/**
	 * A job whose session was killed too often is a dead letter, and has no effect.
	 */
	void check() throws SQLException {
		List<String> wrong = this.database
			.values("""
					SELECT concat_ws(' ', s.name, 'had', s.runs, 'jobs with', e.effects, 'effects,', d.died, 'dead letters,', s.skipped, 'skipped of', t.due_times)
					  FROM pgdispatch.schedule AS s,
					       LATERAL (SELECT count(*) AS effects FROM public.scheduled AS c WHERE c.name = s.name) AS e,
					       LATERAL (SELECT count(DISTINCT r.id) AS died
					                  FROM public.trace AS r
					                 WHERE r.source = 'dead_letter' AND r.what = 'INSERT' AND r.line ->> 'label' = s.name) AS d,
					       LATERAL (SELECT round(date_part('epoch', s.next_at - s.starts_at)) AS due_times) AS t
					 WHERE s.runs + s.skipped <> t.due_times
					    OR e.effects > s.runs
					    OR e.effects < s.runs - d.died
					    OR s.skipped > 0 AND s.missed = 'all'""");
		wrong.forEach((schedule) -> this.problems.add("The schedule " + schedule));
	}

}
