package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Random;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Jobs that are run by nodes of an application, with a new seed in each run, or that of
 * {@code -Dlife.seed=42}.
 */
@PostgresTest
class ApplicationLifeTests extends AbstractLifeTests {

	@Override
	Runners runners(TestDatabase database, LifeDatabase life, History history, Random seeds) {
		return new Applications(Route.direct(database), life, history, seeds);
	}

	@Test
	@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
	void everyJobHasTheLifeThatWasAskedForIt(TestDatabase database) throws Exception {
		install(database);
		play(database);
	}

}
