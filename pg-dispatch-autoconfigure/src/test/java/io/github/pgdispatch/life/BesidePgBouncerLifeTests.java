package io.github.pgdispatch.life;

import java.util.Random;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Jobs that are run by nodes of an application that is connected through PgBouncer, and
 * whose workers are connected directly, with a new seed in each run, or that of
 * {@code -Dlife.seed=42}.
 */
@PgCronTest
class BesidePgBouncerLifeTests extends AbstractLifeTests {

	private Route route;

	@Override
	Runners runners(TestDatabase database, LifeDatabase life, History history, Random seeds) {
		return new Applications(this.route, life, history, seeds);
	}

	@Test
	@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
	void everyJobHasTheLifeThatWasAskedForIt(PgCronHost host, PgCronServer server) throws Exception {
		try (Route route = Route.besidePgBouncer(host, server)) {
			this.route = route;
			install(route.database());
			play(route.database());
		}
	}

}
