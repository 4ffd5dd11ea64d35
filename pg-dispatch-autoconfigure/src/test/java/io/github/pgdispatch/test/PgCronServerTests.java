package io.github.pgdispatch.test;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * What the tests with pg_cron count on.
 */
@PgCronTest
class PgCronServerTests {

	@ParameterizedTest
	@ValueSource(strings = { "off", "on" })
	void pgCronRunsJobs(String useBackgroundWorkers, PgCronHost host) {
		try (PgCronServer server = PgCronServer.start(host, "cron.use_background_workers=" + useBackgroundWorkers)) {
			JdbcClient app = server.database().jdbc("app");
			app.sql("CREATE TABLE effect ()").update();
			app.sql("SELECT cron.schedule('job', '1 second', 'INSERT INTO effect DEFAULT VALUES')")
				.query()
				.singleValue();
			await().until(() -> app.sql("SELECT count(*) FROM effect").query(Long.class).single() > 0);
		}
	}

	@Test
	void whatIsCommittedSurvivesACrash(PgCronServer server) {
		server.database().jdbc("app").sql("CREATE TABLE committed ()").update();
		server.stopImmediately();
		server.startAgain();
		assertThat(server.database().jdbc("app").sql("SELECT count(*) FROM committed").query(Long.class).single())
			.isZero();
	}

	@Test
	void aStandbyIsPromoted(PgCronServer server) {
		server.database().jdbc("app").sql("CREATE TABLE replicated ()").update();
		try (PgCronServer standby = server.standby()) {
			JdbcClient app = standby.database().jdbc("app");
			await().until(() -> app.sql("SELECT to_regclass('replicated') IS NOT NULL").query(Boolean.class).single());
			standby.promote();
			assertThat(app.sql("INSERT INTO replicated DEFAULT VALUES").update()).isOne();
		}
	}

	@Test
	void withoutAServerTestsAreSkipped() {
		assertThatExceptionOfType(TestAbortedException.class).isThrownBy(() -> PgCronExtension.none(Map.of()));
	}

	@Test
	void withoutAServerTestsFailInContinuousIntegration() {
		assertThatIllegalStateException().isThrownBy(() -> PgCronExtension.none(Map.of("CI", "true")));
	}

}
