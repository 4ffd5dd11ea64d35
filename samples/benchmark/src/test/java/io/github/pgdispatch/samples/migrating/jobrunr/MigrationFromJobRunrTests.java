package io.github.pgdispatch.samples.migrating.jobrunr;

import javax.sql.DataSource;

import io.github.pgdispatch.samples.migrating.Mailer;
import io.github.pgdispatch.samples.migrating.MigrationPage;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jobrunr.jobs.mappers.JobMapper;
import org.jobrunr.scheduling.JobScheduler;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.jackson3.Jackson3JsonMapper;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Jobs of JobRunr that wait are moved.
 */
@PostgresTest
class MigrationFromJobRunrTests {

	private final TestDatabase database;

	MigrationFromJobRunrTests(TestDatabase database) {
		this.database = database.install("app");
	}

	@Test
	void jobsAreMovedBySql() {
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			Mailer mailer = node.bean(Mailer.class);
			PostgresStorageProvider storage = new PostgresStorageProvider(node.bean(DataSource.class));
			storage.setJobMapper(new JobMapper(new Jackson3JsonMapper()));
			Profiles profiles = new Profiles(new JobScheduler(storage), mailer);
			profiles.signUp(1);
			profiles.signUpWithDelay(2);
			profiles.scheduleReport();
			new MigrationPage("from-jobrunr.md").run(node.bean(JdbcTemplate.class));
			await().untilAsserted(() -> assertThat(mailer.sent()).containsExactly("welcome 1"));
			assertThat(node.jdbc()
				.sql("SELECT due_at > now() + interval '2 days' FROM pgdispatch.jobs(name => 'signUpSideEffects.welcome')")
				.query(Boolean.class)
				.list()).containsExactly(true);
			SignUpSideEffects.Profiles after = new SignUpSideEffects.Profiles(node.bean(SignUpSideEffects.class));
			node.transaction().executeWithoutResult((status) -> after.signUp(3));
			await().untilAsserted(() -> assertThat(mailer.sent()).containsExactly("welcome 1", "welcome 3"));
			storage.close();
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Node {

		@Bean
		Mailer mailer() {
			return new Mailer();
		}

		@Bean
		SignUpSideEffects signUpSideEffects(Mailer mailer) {
			return new SignUpSideEffects(mailer);
		}

	}

}
