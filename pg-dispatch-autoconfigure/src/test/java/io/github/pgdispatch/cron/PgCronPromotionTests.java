package io.github.pgdispatch.cron;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A standby knows the queue, and goes on with it once it is promoted.
 */
@PgCronTest("fsync=on")
@Execution(ExecutionMode.CONCURRENT)
class PgCronPromotionTests {

	private final PgCronServer primary;

	PgCronPromotionTests(PgCronServer primary) {
		this.primary = primary;
	}

	@Test
	void promotedStandbyGoesOnWithTheQueueByItself() {
		CronQueue before = new CronQueue(this.primary.database()).prepare().lingering("0");
		try (PgCronServer standby = this.primary.standby()) {
			CronQueue after = new CronQueue(standby.database());
			before.snooze(CronQueue.effect("snoozed"), "12 seconds");
			before.fire(CronQueue.effect("fired"));
			before.awaitEffects(1);
			before.run("CALL pgdispatch.configure(cron_workers => 0)");
			before.asApp("SELECT count(pgdispatch.fire('%s')) FROM generate_series(1, 100)"
				.formatted(CronQueue.effect("waiting").replace("'", "''")));
			before.run("DELETE FROM pgdispatch.setting");
			before.fire(CronQueue.effect("last"));
			int jobs = before.count("pgdispatch.job");
			await().until(() -> after.count("pgdispatch.job") + after.count("effect") >= jobs + 1);
			standby.takeOver(this.primary);
			CronQueue promoted = new CronQueue(standby.database());
			promoted.awaitEffects(103);
			promoted.awaitIdle();
			assertThat(promoted.count("(SELECT DISTINCT job FROM effect) AS effect")).isEqualTo(4);
		}
		finally {
			this.primary.startAgain();
		}
	}

	@Test
	void standbyRefusesDispatchesAndSaysWhereTo() throws Exception {
		new CronQueue(this.primary.database()).prepare();
		try (PgCronServer standby = this.primary.standby(); Session app = new Session(standby.database(), "app")) {
			assertThat(app.error("SELECT pgdispatch.fire('SELECT 1')").getSQLState()).isEqualTo("25006");
			assertThat(app.error("SELECT pgdispatch.fire('SELECT 1')").getHint()).isEqualTo("Connect to the primary.");
		}
	}

}
