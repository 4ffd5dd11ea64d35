package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.Random;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Jobs whose commands are run by pg_cron, with a new seed in each run, or that of
 * {@code -Dlife.seed=42}.
 */
@PgCronTest
class PgCronLifeTests extends AbstractLifeTests {

	@Override
	Runners runners(TestDatabase database, LifeDatabase life, History history, Random seeds) throws SQLException {
		return new CronRunners(database, life, history, seeds);
	}

	@Test
	@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
	void everyJobHasTheLifeThatWasAskedForIt(PgCronServer server) throws Exception {
		install(server.database());
		play(server.database());
	}

}
