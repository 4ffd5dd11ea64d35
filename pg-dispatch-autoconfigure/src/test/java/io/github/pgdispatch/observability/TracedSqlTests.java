package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the trace of a dispatch can be a comment of its SQL, and changes nothing
 * else.
 */
@PostgresTest
@TestInstance(Lifecycle.PER_CLASS)
class TracedSqlTests {

	private static final String COMMENT = "/\\*traceparent='00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9a-f]'\\*/ ";

	private final HandlerNode node;

	private final PgDispatchTemplate template;

	TracedSqlTests(TestDatabase database) {
		database.install("app");
		this.node = HandlerNode.start(database, TracedApplication.class, "management.tracing.sampling.probability=1",
				"pgdispatch.observations.sql-comment=true");
		this.template = this.node.bean(PgDispatchTemplate.class);
		this.node.jdbc().sql("CREATE TABLE done (what text)").update();
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	/**
	 * Dispatches, and returns the stored commands.
	 */
	private List<String> commands(Consumer<PgDispatchTemplate> dispatch) {
		return this.node.transaction().execute((status) -> {
			dispatch.accept(this.template);
			return this.node.jdbc()
				.sql("SELECT command FROM pgdispatch.job WHERE dispatched_at = now() ORDER BY id")
				.query(String.class)
				.list();
		});
	}

	@Test
	void commentNamesTheSpanOfTheDispatch() {
		String command = commands((template) -> template.fire(Dispatch.sql("SELECT 1").label("named"))).get(0);
		SpanData dispatch = this.node.bean(TracedApplication.Spans.class)
			.exporter()
			.getFinishedSpanItems()
			.stream()
			.filter((span) -> span.getName().equals("dispatch named"))
			.findFirst()
			.orElseThrow();
		assertThat(command).startsWith("/*traceparent='00-" + dispatch.getTraceId() + "-" + dispatch.getSpanId() + "-")
			.matches(COMMENT + "SELECT 1");
	}

	@Test
	void commandsOfAllKindsRunAsWithoutAComment() {
		List<String> commands = List.of("INSERT INTO done VALUES ('plain')", "INSERT INTO done VALUES ('semicolon');",
				" \n-- first line\nINSERT INTO done VALUES ('lines') -- last line",
				"/* a /* nested */ comment */ INSERT INTO done VALUES ('nested') /* end */",
				"DO $$ BEGIN INSERT INTO done VALUES ('block'); END $$",
				"INSERT INTO done VALUES ('two'); INSERT INTO done VALUES ('statements')",
				"INSERT INTO done VALUES (E'\\'*/ escaped')");
		assertThat(commands((template) -> {
			commands.forEach(template::fire);
			template.fire("INSERT INTO done VALUES (:value)", Map.of("value", "*/ 'parameter' :value /*"));
			template.fireAll("INSERT INTO done VALUES (:value)", List.of(Map.of("value", "a"), Map.of("value", "b")));
			template.fire(Dispatch.sql("VACUUM done;").nonTransactional());
		})).hasSize(11).allSatisfy((command) -> assertThat(command).matches("(?s)" + COMMENT + ".*"));
		awaitEnd();
		assertThat(this.node.jdbc().sql("SELECT what FROM done").query(String.class).list()).containsExactlyInAnyOrder(
				"plain", "semicolon", "lines", "nested", "block", "two", "statements", "'*/ escaped",
				"*/ 'parameter' :value /*", "a", "b");
	}

	@Test
	void resultsAreKeptAsWithoutAComment() {
		Dispatch dispatch = Dispatch.sql("SELECT 42 AS answer");
		List<Long> ids = new ArrayList<>();
		assertThat(commands((template) -> {
			ids.add(template.dispatch(dispatch.keepResult(Duration.ofMinutes(1))));
			ids.add(template.dispatch(dispatch.keepRowCount(Duration.ofMinutes(1))));
		})).hasSize(2).allMatch((command) -> command.matches(COMMENT + "SELECT 42 AS answer"));
		assertThat(this.template.await(ids.get(0), Duration.ofMinutes(1)).value()).isEqualTo("[{\"answer\":42}]");
		assertThat(this.template.await(ids.get(1), Duration.ofMinutes(1)).rowCount()).isOne();
	}

	@Test
	void jobsWithTheSameKeyAreOne() {
		Dispatch later = Dispatch.sql("SELECT 1").delay(Duration.ofHours(1)).key("once");
		long id = dispatch(later);
		assertThat(dispatch(later)).isEqualTo(id);
		assertThat(dispatch(
				Dispatch.sql("SELECT 2").delay(Duration.ofHours(1)).key("once").onDuplicate(OnDuplicate.REPLACE)))
			.isEqualTo(id);
		assertThat(this.template.find(id).orElseThrow().command()).matches(COMMENT + "SELECT 2");
		this.template.cancel(id);
	}

	private long dispatch(Dispatch dispatch) {
		Long id = this.node.transaction().execute((status) -> this.template.dispatch(dispatch));
		assertThat(id).isNotNull();
		return id;
	}

	private void awaitEnd() {
		await().until(() -> this.node.jdbc()
			.sql("SELECT count(*) FROM pgdispatch.job WHERE due_at < now() + interval '1 minute'")
			.query(Long.class)
			.single() == 0);
		assertThat(this.node.jdbc().sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).list())
			.isEmpty();
	}

}
