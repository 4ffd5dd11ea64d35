package io.github.pgdispatch.cron;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;

/**
 * The same where pg_cron has its jobs run by background workers.
 */
@PgCronTest("cron.use_background_workers=on")
class PgCronBackgroundTests extends PgCronPromiseTests {

	PgCronBackgroundTests(PgCronServer server) {
		super(server);
	}

}
