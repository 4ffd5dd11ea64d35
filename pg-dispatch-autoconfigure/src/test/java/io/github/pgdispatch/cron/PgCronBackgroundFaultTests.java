package io.github.pgdispatch.cron;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;

/**
 * The same where pg_cron does not connect, but has its jobs run by background workers.
 */
@PgCronTest("cron.use_background_workers=on")
class PgCronBackgroundFaultTests extends PgCronFaultTests {

	PgCronBackgroundFaultTests(PgCronServer server) {
		super(server);
	}

	/**
	 * Nobody is asked who does not connect.
	 */
	@Override
	int failedConnections() {
		return 0;
	}

}
