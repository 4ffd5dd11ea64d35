package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Jobs of handlers are run behind a connection pooler that pools transactions, as claims
 * are not held by sessions.
 */
@PgCronTest
@TestInstance(Lifecycle.PER_CLASS)
class PgBouncerTests {

	private static final String[] PROPERTIES = { "pgdispatch.worker.listen=false",
			"pgdispatch.worker.poll-interval=500ms",
			"spring.datasource.hikari.data-source-properties.prepareThreshold=0" };

	private final TestDatabase database;

	private final PgBouncer pooler;

	PgBouncerTests(PgCronHost host, PgCronServer server) {
		this.database = server.database().install("app");
		this.pooler = PgBouncer.start(host, server);
	}

	@BeforeAll
	void createTable() {
		jdbc().sql("CREATE TABLE effect (name text, job bigint)").update();
	}

	@BeforeEach
	void clear() {
		jdbc().sql("DELETE FROM effect").update();
	}

	@AfterAll
	void stopPooler() {
		this.pooler.close();
	}

	private JdbcClient jdbc() {
		return this.database.jdbc("app");
	}

	@Test
	void twoNodesRunEachJobOnce() {
		int jobs = 500;
		try (HandlerNode one = HandlerNode.start(this.pooler.database(), Methods.class, PROPERTIES);
				HandlerNode two = HandlerNode.start(this.pooler.database(), Methods.class, PROPERTIES)) {
			for (int i = 0; i < jobs / 2; i++) {
				one.transaction().executeWithoutResult((status) -> one.bean(Methods.class).plain(null));
				two.transaction().executeWithoutResult((status) -> two.bean(Methods.class).transactional(null));
			}
			soon().until(() -> count("pgdispatch.handler_job") == 0);
		}
		assertThat(count("effect")).isEqualTo(jobs);
		assertThat(count("(SELECT DISTINCT job FROM effect) AS e")).isEqualTo(jobs);
		assertThat(count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void jobsOfADeadNodeAreTakenOver() throws Exception {
		jdbc().sql("SELECT pgdispatch.dispatch_handler('hang')").query().singleValue();
		try (JvmProcess dead = HandlerNode.startJvm(this.pooler.database(), "dead", Methods.class, PROPERTIES)) {
			soon().until(() -> count("effect WHERE name = 'hang'") == 1);
			dead.kill();
			try (HandlerNode heir = HandlerNode.start(this.pooler.database(), Methods.class, PROPERTIES)) {
				soon().until(() -> count("effect WHERE name = 'hang'") == 2);
				soon().until(() -> count("pgdispatch.handler_job") == 0);
			}
		}
	}

	private int count(String from) {
		return jdbc().sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "plain")
		void plain(DispatchContext context) {
			insert("plain", context);
		}

		@Transactional
		@AfterCommitDispatch(name = "transactional")
		void transactional(DispatchContext context) {
			insert("transactional", context);
		}

		/**
		 * Hangs in the first attempt.
		 */
		@AfterCommitDispatch(name = "hang")
		void hang(DispatchContext context) throws InterruptedException {
			insert("hang", context);
			if (context.attempt() == 1) {
				Thread.sleep(Duration.ofMinutes(5).toMillis());
			}
		}

		private void insert(String name, DispatchContext context) {
			this.jdbc.sql("INSERT INTO effect VALUES (?, ?)").params(name, context.jobId()).update();
		}

	}

}
