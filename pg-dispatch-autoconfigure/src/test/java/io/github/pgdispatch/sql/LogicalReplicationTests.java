package io.github.pgdispatch.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the page on operations says of logical replication: the jobs of a publication for
 * all tables run on both sides, and the sequence of the ids is not replicated.
 */
@Tag("every-postgresql")
class LogicalReplicationTests {

	private PostgresServer server;

	private Queue publisher;

	private Queue subscriber;

	@BeforeEach
	void start() throws SQLException {
		this.server = PostgresServer.start("wal_level=logical");
		this.publisher = install();
		this.subscriber = install();
	}

	private Queue install() throws SQLException {
		Queue queue = new Queue(this.server.createDatabase());
		queue.install();
		return queue;
	}

	@AfterEach
	void stop() throws SQLException {
		this.subscriber.run("ALTER SUBSCRIPTION s DISABLE");
		// One that creates a slot would wait for the DROP, which waits for that slot.
		this.subscriber.awaitTrue("NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'walsender')");
		this.subscriber.run("ALTER SUBSCRIPTION s SET (slot_name = NONE)", "DROP SUBSCRIPTION s");
		this.subscriber.close();
		this.publisher.close();
		this.server.close();
	}

	@Test
	void jobsOfAPublicationForAllTablesRunOnBothSides() throws SQLException {
		replicate("ALL TABLES");
		dispatchOnThePublisher(5);
		awaitJobsOnTheSubscriber(5);
		assertThat(work(this.subscriber)).isEqualTo(5);
		assertThat(work(this.publisher)).isEqualTo(5);
	}

	@Test
	void jobsOfAPublicationOfOtherTablesStay() throws SQLException {
		replicate("TABLE public.effect");
		dispatchOnThePublisher(5);
		assertThat(work(this.publisher)).isEqualTo(5);
		this.subscriber.awaitTrue("(SELECT count(*) = 5 FROM public.effect)");
		assertThat(this.subscriber.jobs()).isZero();
	}

	@Test
	void sequenceHasToBeSetAfterASwitchOver() throws Exception {
		replicate("ALL TABLES");
		dispatchOnThePublisher(5);
		awaitJobsOnTheSubscriber(5);
		try (Session app = this.subscriber.app()) {
			assertThat(app.error("SELECT pgdispatch.dispatch('SELECT 1', priority => 1)").getSQLState())
				.isEqualTo("23505");
			this.subscriber.run(statementOfThePage());
			assertThat(Long.parseLong(app.value("SELECT pgdispatch.dispatch('SELECT 1', priority => 1)")))
				.isGreaterThan(1000);
		}
		assertThat(work(this.subscriber)).isEqualTo(6);
	}

	private void replicate(String tables) throws SQLException {
		this.publisher.run("CREATE PUBLICATION p FOR " + tables,
				"SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
		this.subscriber.run("CREATE SUBSCRIPTION s CONNECTION 'host=localhost user=postgres port="
				+ this.publisher.value("SHOW port") + " dbname=" + this.publisher.value("SELECT current_database()")
				+ "' PUBLICATION p WITH (create_slot = false, slot_name = s)");
	}

	private void dispatchOnThePublisher(int jobs) throws SQLException {
		try (Session app = this.publisher.app()) {
			app.run("SELECT pgdispatch.dispatch($$" + Queue.effect("job")
					+ "$$, priority => 1) FROM generate_series(1, " + jobs + ")");
		}
	}

	private void awaitJobsOnTheSubscriber(int jobs) {
		for (String table : new String[] { "job", "managed_job" }) {
			this.subscriber.awaitTrue("(SELECT count(*) = " + jobs + " FROM pgdispatch." + table + ")");
		}
	}

	private static long work(Queue queue) throws SQLException {
		try (Session app = queue.app()) {
			return app.work().completed();
		}
	}

	private static String statementOfThePage() throws IOException {
		String page = Files.readString(Path.of("..", "docs", "production.md"));
		Matcher statement = Pattern.compile("```sql\n(SELECT setval\\(.*?)```", Pattern.DOTALL).matcher(page);
		assertThat(statement.find()).isTrue();
		return statement.group(1);
	}

}
