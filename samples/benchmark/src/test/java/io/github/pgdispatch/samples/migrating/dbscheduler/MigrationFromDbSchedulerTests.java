package io.github.pgdispatch.samples.migrating.dbscheduler;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.serializer.GsonSerializer;
import com.github.kagkarlsson.scheduler.serializer.JavaSerializer;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.samples.migrating.Mailer;
import io.github.pgdispatch.samples.migrating.MigrationPage;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tasks of db-scheduler that wait are moved, whichever way their data is stored.
 */
@PostgresTest
class MigrationFromDbSchedulerTests {

	private final TestDatabase database;

	MigrationFromDbSchedulerTests(TestDatabase database) {
		this.database = database.another().install("app");
	}

	@BeforeEach
	void createTables() {
		new ResourceDatabasePopulator(
				new ClassPathResource("io/github/pgdispatch/samples/benchmark/peer/db-scheduler.sql"))
			.execute(this.database.dataSource("app"));
	}

	@Test
	void tasksWithJsonAreMovedBySql() {
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			signUp(node, new GsonSerializer());
			new MigrationPage("from-db-scheduler.md").run(node.bean(JdbcTemplate.class));
			assertWelcomed(node);
		}
	}

	@Test
	void tasksWithObjectsAreMovedByJava() {
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			SchedulerClient client = signUp(node, new JavaSerializer());
			OldTasks tasks = new OldTasks(client, node.bean(PgDispatchTemplate.class));
			node.transaction().executeWithoutResult((status) -> tasks.move());
			assertThat(client.getScheduledExecutions()).isEmpty();
			assertWelcomed(node);
		}
	}

	@Test
	void aNewJobIsDispatchedAfterwards() {
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			SignUpSideEffects.Profiles profiles = new SignUpSideEffects.Profiles(node.bean(SignUpSideEffects.class));
			node.transaction().executeWithoutResult((status) -> profiles.signUp(1));
			makeDue(node);
			await().untilAsserted(() -> assertThat(node.bean(Mailer.class).sent()).containsExactly("welcome 1"));
		}
	}

	private static SchedulerClient signUp(HandlerNode node, Serializer serializer) {
		OneTimeTask<Long> task = new WelcomeTask().welcome(node.bean(Mailer.class));
		SchedulerClient client = SchedulerClient.Builder
			.create(new TransactionAwareDataSourceProxy(node.bean(DataSource.class)), task)
			.serializer(serializer)
			.build();
		WelcomeTask.Profiles profiles = new WelcomeTask.Profiles(client);
		node.transaction().executeWithoutResult((status) -> List.of(1L, 2L).forEach(profiles::signUp));
		assertThat(client.getScheduledExecutions()).hasSize(2);
		return client;
	}

	private static void assertWelcomed(HandlerNode node) {
		assertThat(node.bean(Mailer.class).sent()).isEmpty();
		makeDue(node);
		await().atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(node.bean(Mailer.class).sent()).containsExactlyInAnyOrder("welcome 1",
					"welcome 2"));
	}

	private static void makeDue(HandlerNode node) {
		assertThat(node.jdbc()
			.sql("SELECT pgdispatch.run_jobs_now(name => 'signUpSideEffects.welcome')")
			.query(Long.class)
			.single()).isPositive();
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
