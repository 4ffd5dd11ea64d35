package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Random;
import java.util.stream.LongStream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.fail;

/**
 * Everything that can be asked of jobs at once, from several sessions and nodes, which
 * are killed at random: what has become of the jobs is compared to what a model says.
 * Besides a few seeds that are always the same, each run has new ones:
 * {@code -Dlife.seeds=100} so many, and {@code -Dlife.seed=42} that one only. What the
 * sessions do depends on the seed; in which order, on the machine.
 */
@PostgresTest
class RandomizedLifeTests {

	private final TestDatabase database;

	RandomizedLifeTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	static void install(TestDatabase database) throws SQLException {
		try (LifeDatabase life = new LifeDatabase(database)) {
			life.install();
		}
	}

	static LongStream seeds() {
		Long seed = Long.getLong("life.seed");
		if (seed != null) {
			return LongStream.of(seed);
		}
		return LongStream.concat(LongStream.of(1, 2), new Random().longs(Integer.getInteger("life.seeds", 1)));
	}

	@ParameterizedTest
	@MethodSource("seeds")
	@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
	void everyJobHasTheLifeThatWasAskedForIt(long seed) throws Exception {
		System.out.println("The seed is " + seed);
		try (LifeDatabase life = new LifeDatabase(this.database)) {
			life.clear();
			History history = new History();
			Problems problems = new Problems(life, history);
			try (Scene scene = new Scene(this.database, life, history, new Random(seed))) {
				scene.play(problems);
			}
			Observed observed = Observed.in(life);
			new Model(history, observed, problems).check();
			new KeyModel(history, observed, problems).check();
			new LaneModel(history, observed, problems).check();
			new ResultModel(life, history, observed, problems).check();
			System.out.printf("Of %d jobs %d ran and %d died%n", history.dispatched().size(), observed.runs().size(),
					observed.obituaries().size());
			if (!problems.areNone()) {
				fail("With the seed " + seed + ":\n" + problems.tell() + "\n" + String.join("\n", history.events()));
			}
		}
	}

}
