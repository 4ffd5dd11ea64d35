package io.github.pgdispatch.samples.migrating.pglater;

import java.util.Set;

import io.github.pgdispatch.samples.migrating.MigrationPage;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Queries of pg_later that wait are moved.
 */
@PostgresTest
class MigrationFromPgLaterTests {

	private final TestDatabase database;

	MigrationFromPgLaterTests(TestDatabase database) {
		this.database = database.install("app");
	}

	@Test
	void queriesAreMovedBySql() {
		JdbcClient owner = this.database.jdbc("postgres");
		StandIn.STATEMENTS.forEach((statement) -> owner.sql(statement).update());
		for (String schema : Set.of("pgmq", "pglater")) {
			owner.sql("GRANT ALL ON SCHEMA " + schema + " TO app").update();
			owner.sql("GRANT ALL ON ALL TABLES IN SCHEMA " + schema + " TO app").update();
		}
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			node.jdbc().sql("CREATE TABLE done (number integer)").update();
			node.jdbc()
				.sql("SELECT pglater.exec('INSERT INTO done VALUES (1) RETURNING number')")
				.query(Long.class)
				.single();
			new MigrationPage("from-pg-later.md").run(node.bean(JdbcTemplate.class));
			await()
				.untilAsserted(() -> assertThat(node.jdbc().sql("SELECT number FROM done").query(Integer.class).list())
					.containsExactly(1));
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Node {

	}

}
