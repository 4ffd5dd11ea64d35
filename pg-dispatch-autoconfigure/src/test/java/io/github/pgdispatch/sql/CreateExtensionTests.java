package io.github.pgdispatch.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.pgdispatch.test.CitusStandIn;
import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The script is one of an extension, too.
 */
@Tag("every-postgresql")
@PostgresTest
class CreateExtensionTests {

	// The directory belongs to all servers of this version that are running here.
	private final String extension = "pg_dispatch_" + UUID.randomUUID().toString().replace("-", "");

	private final TestDatabase database;

	private final Queue queue;

	private Path control;

	private final List<Path> scripts = new ArrayList<>();

	CreateExtensionTests(TestDatabase database) {
		this.database = database;
		this.queue = new Queue(database);
	}

	@BeforeEach
	void writeFiles() throws SQLException, IOException {
		Path directory = Path.of(this.queue.value("SELECT setting FROM pg_config() WHERE name = 'SHAREDIR'"),
				"extension");
		this.control = directory.resolve(this.extension + ".control");
		Files.writeString(this.control, ExtensionFiles.control());
		for (Map.Entry<String, String> script : ExtensionFiles.scripts().entrySet()) {
			Path file = directory.resolve(script.getKey().replace("pg_dispatch", this.extension));
			this.scripts.add(Files.writeString(file, script.getValue()));
		}
	}

	@AfterEach
	void deleteFiles() throws IOException, SQLException {
		Files.delete(this.control);
		for (Path script : this.scripts) {
			Files.delete(script);
		}
		this.queue.close();
	}

	@Test
	void extensionWorksOwnsItsSchemaAndIsDumpedWithItsRows() throws SQLException {
		try (Session app = this.queue.app()) {
			app.run("CREATE EXTENSION " + this.extension);
			this.queue.grantTo("app");
			app.run("SELECT pgdispatch.keep_history('1 day')");
			app.fire("SELECT 1");
			assertThat(app.work().completed()).isOne();
			assertThat(this.queue.values(
					"SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = '" + this.extension + "'"))
				.containsExactly("pgdispatch.job", "pgdispatch.job_id_seq", "pgdispatch.handler_job",
						"pgdispatch.managed_job", "pgdispatch.job_key", "pgdispatch.queue", "pgdispatch.pause",
						"pgdispatch.schedule", "pgdispatch.breaker", "pgdispatch.fair_turn", "pgdispatch.fair_rate",
						"pgdispatch.result", "pgdispatch.step", "pgdispatch.dead_letter", "pgdispatch.setting",
						"pgdispatch.batch", "pgdispatch.batch_part", "pgdispatch.history_retention",
						"pgdispatch.operator_action", "pgdispatch.operator_action_id_seq", "pgdispatch.cron_worker",
						"pgdispatch.cron_worker_id_seq");
			app.run("DROP EXTENSION " + this.extension);
			assertThat(app.value("SELECT to_regnamespace('pgdispatch')")).isNull();
		}
	}

	@Test
	void citusGoesOnToRepeatStatementsOnEachNode() throws SQLException {
		CitusStandIn.add(this.database);
		try (Session app = this.queue.app()) {
			app.run("BEGIN", "SET citus.enable_ddl_propagation = on", "CREATE EXTENSION " + this.extension);
			assertThat(app.value("SHOW citus.enable_ddl_propagation")).isEqualTo("on");
			app.run("ROLLBACK");
		}
	}

}
