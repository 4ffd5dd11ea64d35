package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Random;
import java.util.stream.LongStream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Jobs that are run by sessions, which call what drivers call. Besides a seed that is
 * always the same, each run has new ones: {@code -Dlife.seeds=100} so many, and
 * {@code -Dlife.seed=42} that one only.
 */
@PostgresTest
@Tag("every-postgresql")
class RandomizedLifeTests extends AbstractLifeTests {

	private final TestDatabase database;

	RandomizedLifeTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	static void prepare(TestDatabase database) throws SQLException {
		install(database);
	}

	static LongStream seeds() {
		Long seed = Long.getLong("life.seed");
		if (seed != null) {
			return LongStream.of(seed);
		}
		return LongStream.concat(LongStream.of(1), new Random().longs(Integer.getInteger("life.seeds", 1)));
	}

	@Override
	Runners runners(TestDatabase database, LifeDatabase life, History history, Random seeds) throws SQLException {
		return new ActingRunners(database, history, seeds);
	}

	@ParameterizedTest
	@MethodSource("seeds")
	@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
	void everyJobHasTheLifeThatWasAskedForIt(long seed) throws Exception {
		play(this.database, seed);
	}

}
