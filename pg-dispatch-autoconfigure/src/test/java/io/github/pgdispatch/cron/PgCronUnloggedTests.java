package io.github.pgdispatch.cron;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;

/**
 * The same where pg_cron does not record its runs.
 */
@PgCronTest("cron.log_run=off")
class PgCronUnloggedTests extends PgCronPromiseTests {

	PgCronUnloggedTests(PgCronServer server) {
		super(server);
	}

}
