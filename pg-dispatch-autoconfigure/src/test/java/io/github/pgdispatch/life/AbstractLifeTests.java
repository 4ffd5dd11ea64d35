package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Random;

import io.github.pgdispatch.test.TestDatabase;

import static org.assertj.core.api.Assertions.fail;

/**
 * Tests in which everything that can be asked of jobs is asked at once, from several
 * sessions, while those that run them are killed at random: what has become of the jobs
 * is compared to what a model says. What the sessions do depends on the seed; in which
 * order, on the machine.
 */
abstract class AbstractLifeTests {

	abstract Runners runners(TestDatabase database, LifeDatabase life, History history, Random seeds)
			throws SQLException;

	static void install(TestDatabase database) throws SQLException {
		try (LifeDatabase life = new LifeDatabase(database)) {
			life.install();
		}
	}

	void play(TestDatabase database) throws Exception {
		play(database, Long.getLong("life.seed", new Random().nextLong()));
	}

	void play(TestDatabase database, long seed) throws Exception {
		System.out.println("The seed is " + seed);
		try (LifeDatabase life = new LifeDatabase(database)) {
			life.clear();
			History history = new History();
			Problems problems = new Problems(life, history);
			Random seeds = new Random(seed);
			ScheduleModel schedules = new ScheduleModel(life, problems);
			schedules.begin();
			try (Runners runners = runners(database, life, history, seeds);
					Scene scene = new Scene(database, life, history, seeds, runners)) {
				scene.play(problems, schedules);
			}
			Observed observed = Observed.in(life);
			new Model(history, observed, problems).check();
			new KeyModel(history, observed, problems).check();
			new SequenceModel(history, observed, problems).check();
			new ResultModel(life, history, observed, problems).check();
			new BatchModel(life, history, observed, problems).check();
			schedules.check();
			System.out.printf("Of %d jobs %d ran and %d died%n", history.dispatched().size(), observed.runs().size(),
					observed.obituaries().size());
			if (!problems.areNone()) {
				fail("With the seed " + seed + ":\n" + problems.tell() + "\n" + String.join("\n", history.events()));
			}
		}
	}

}
