package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that nothing is lost, doubled, or run in the wrong database if a node with three
 * databases is killed.
 */
@PostgresTest
class KilledNodeOfSeveralDatabasesTests {

	private static final int JOBS = 834;

	private final Map<String, TestDatabase> databases = new LinkedHashMap<>();

	@Test
	void nothingIsLostDoubledOrRunInTheWrongDatabase(TestDatabase database) {
		for (String name : List.of("orders", "customers", "stock")) {
			this.databases.put(name, name.equals("orders") ? database : database.another());
			this.databases.get(name).install("app");
			jdbc(name).sql("CREATE TABLE note (database text, what text, at text DEFAULT current_database())").update();
			dispatch(name);
		}
		try (JvmProcess node = start("first")) {
			Awaitility.await()
				.pollInterval(Duration.ofMillis(10))
				.until(() -> this.databases.keySet().stream().allMatch((name) -> count(name, "note") > 300));
			node.kill();
		}
		assertThat(this.databases.keySet()).anyMatch((name) -> count(name, "note") < JOBS * 4);
		try (JvmProcess node = start("second")) {
			this.databases.keySet().forEach((name) -> {
				Awaitility.await()
					.until(() -> count(name, "pgdispatch.handler_job") + count(name, "pgdispatch.job") == 0);
				assertThat(count(name, "pgdispatch.dead_letter")).isZero();
				assertThat(jdbc(name).sql("SELECT DISTINCT at, database FROM note").query().listOfRows())
					.singleElement()
					.satisfies((row) -> assertThat(row).containsEntry("database", name)
						.containsEntry("at", this.databases.get(name).name()));
				assertThat(times(name, "sql %")).containsOnly(1).hasSize(JOBS);
				assertThat(times(name, "in transaction %")).containsOnly(1).hasSize(JOBS);
				assertThat(times(name, "after in transaction %")).containsOnly(1).hasSize(JOBS);
				assertThat(times(name, "plain %")).hasSize(JOBS);
			});
		}
	}

	private JvmProcess start(String name) {
		List<String> properties = new ArrayList<>(List.of("pgdispatch.worker.lease=2s"));
		this.databases.forEach((each, database) -> properties.add(each + "=" + database.url()));
		return HandlerNode.startJvm(this.databases.get("orders"), name, ThreeDatabases.class,
				properties.toArray(String[]::new));
	}

	private void dispatch(String name) {
		try (SingleConnectionDataSource dataSource = new SingleConnectionDataSource(this.databases.get(name).url(),
				"app", "", true)) {
			JdbcTransactionManager transactions = new JdbcTransactionManager(dataSource);
			PgDispatchTemplate template = PgDispatchTemplate.builder((DataSource) dataSource, transactions).build();
			new TransactionTemplate(transactions).executeWithoutResult((status) -> {
				template.fireAll("INSERT INTO note (database, what) VALUES (:database, :what)",
						IntStream.range(0, JOBS)
							.mapToObj((number) -> Map.of("database", name, "what", "sql " + number))
							.toList());
				for (int number = 0; number < JOBS; number++) {
					template.fire(Dispatch.handler("in" + StringUtils.capitalize(name),
							"{\"what\":\"in transaction " + number + "\"}"));
					template.fire(Dispatch.handler("plain",
							"{\"database\":\"" + name + "\",\"what\":\"plain " + number + "\"}"));
				}
			});
		}
	}

	private JdbcClient jdbc(String name) {
		return this.databases.get(name).jdbc("app");
	}

	private int count(String name, String table) {
		return jdbc(name).sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	private List<Integer> times(String name, String what) {
		return jdbc(name).sql("SELECT count(*) FROM note WHERE what LIKE ? GROUP BY what")
			.param(what)
			.query(Integer.class)
			.list();
	}

}
