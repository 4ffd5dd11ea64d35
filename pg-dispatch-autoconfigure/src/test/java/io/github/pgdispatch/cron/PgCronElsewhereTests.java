package io.github.pgdispatch.cron;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A server has pg_cron in one database only; in the others, a warning says how it is to
 * run jobs there.
 */
@PgCronTest
class PgCronElsewhereTests {

	private static final String ROLE = "O'Hara's \"role\"";

	private static final String DATABASE = "O'Hara's \"shop\"";

	private static final String REMEDY = "As an administrator, in the database of pg_cron: ";

	private final TestDatabase home;

	private final TestDatabase shop;

	PgCronElsewhereTests(PgCronServer server) {
		this.home = server.database();
		this.shop = new TestDatabase(server.reachablePort(), URLEncoder.encode(DATABASE, StandardCharsets.UTF_8));
	}

	@BeforeEach
	void prepare() {
		JdbcClient postgres = this.home.jdbc("postgres");
		postgres.sql("SELECT cron.unschedule(jobid) FROM cron.job").query().listOfRows();
		postgres.sql("DROP DATABASE IF EXISTS \"O'Hara's \"\"shop\"\"\" WITH (FORCE)").update();
		postgres.sql("DROP ROLE IF EXISTS \"O'Hara's \"\"role\"\"\"").update();
		postgres.sql("CREATE DATABASE \"O'Hara's \"\"shop\"\"\"").update();
		postgres.sql("CREATE ROLE \"O'Hara's \"\"role\"\"\" LOGIN").update();
		this.shop.install("postgres");
		JdbcClient administrator = this.shop.jdbc("postgres");
		administrator.sql("CALL pgdispatch.grant_to('\"O''Hara''s \"\"role\"\"\"')").update();
		administrator.sql("CREATE TABLE public.effect (job text)").update();
		administrator.sql("GRANT INSERT ON public.effect TO PUBLIC").update();
	}

	@Test
	void warningIsTheRemedyAndThenThereIsNone() throws SQLException {
		List<ServerErrorMessage> warnings = fire();
		assertThat(warnings).hasSize(1);
		assertThat(warnings.get(0).getSeverity()).isEqualTo("WARNING");
		assertThat(warnings.get(0).getDetail())
			.isEqualTo("pg_cron is in another database than O'Hara's \"shop\". The job waits.");
		assertThat(warnings.get(0).getHint()).startsWith(REMEDY);
		this.home.jdbc("postgres").sql(warnings.get(0).getHint().substring(REMEDY.length())).query().singleValue();
		awaitEffects(1);
		assertThat(fire()).isEmpty();
		awaitEffects(2);
		assertThat(fire()).isEmpty();
		awaitEffects(3);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void thereIsNoWarningWhileAnApplicationIsThere(boolean resting) throws SQLException {
		try (Connection application = this.shop.dataSource(ROLE).getConnection();
				Statement statement = application.createStatement()) {
			statement.execute("SELECT pgdispatch.poll_queue(10, " + resting + ")");
			assertThat(fire()).isEmpty();
		}
		await().atMost(Duration.ofSeconds(60)).until(() -> !fire().isEmpty());
	}

	private List<ServerErrorMessage> fire() throws SQLException {
		return Warnings.of(this.shop.dataSource(ROLE), "SELECT pgdispatch.fire($$" + CronQueue.effect("job") + "$$)");
	}

	private void awaitEffects(int effects) {
		await().until(() -> this.shop.jdbc("postgres")
			.sql("SELECT count(*) FROM public.effect")
			.query(Integer.class)
			.single() == effects);
	}

}
