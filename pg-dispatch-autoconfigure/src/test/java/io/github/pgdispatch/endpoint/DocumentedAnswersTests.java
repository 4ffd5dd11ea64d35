package io.github.pgdispatch.endpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the answers on the page {@code docs/endpoint.md} are those of the endpoint.
 */
@PostgresTest
class DocumentedAnswersTests {

	private static final Path PAGE = Path.of("..", "docs", "endpoint.md");

	private static final Pattern EXAMPLE = Pattern
		.compile("^### `(GET|POST) /actuator/pgdispatch(\\S*)`\n(.*?)(?=^##|\\z)", Pattern.MULTILINE | Pattern.DOTALL);

	private static final Pattern BLOCK = Pattern.compile("^```json\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

	@Test
	void answersAreThoseOfThePage(TestDatabase database) throws Exception {
		try (EndpointApplication application = EndpointApplication.start(database, WebApplicationType.SERVLET,
				EndpointSecurity.None.class, "management.endpoint.pgdispatch.access=unrestricted")) {
			fill(database);
			EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
			List<Example> examples = examples();
			assertThat(examples).hasSizeGreaterThan(12);
			for (Example example : examples) {
				// A driver needs a moment to connect.
				await().untilAsserted(() -> assertThat(plain(example.ask(client))).as(example.toString())
					.isEqualTo(plain(example.answer())));
			}
		}
	}

	/**
	 * The jobs and dead letters of the examples.
	 */
	private static void fill(TestDatabase database) throws SQLException {
		try (Session session = new Session(database, "app")) {
			session.run("SELECT pgdispatch.keep_history('1 day')",
					"SELECT pgdispatch.set_queue('mail', 4, 100, '1 minute')",
					"""
							SELECT pgdispatch.dispatch_handler('signUp.welcome', '{"profileId": 41}', '1 hour', queue => 'mail', headers => '{"tenant": "acme"}')""",
					"SELECT pgdispatch.dispatch('SELECT remind(42)', '1 day', label => 'remind') FROM generate_series(1, 2)",
					"SELECT pgdispatch.dispatch('SELECT 1', label => 'report')",
					"SELECT pgdispatch.pause('signUp.bill')", "SELECT pgdispatch.create_batch('import 42')",
					"""
							INSERT INTO pgdispatch.dead_letter (role, id, handler, arguments, headers, attempts, options, dispatched_at, due_at, failed_at, crashes, message, context)
							SELECT 'app'::regrole, id, 'signUp.welcome', '{"profileId": 40}', '{"tenant": "acme"}', 10, '{"queue": "mail"}', now(), now(), now() - (1003 - id) * interval '1 second', 0,
							       'java.net.ConnectException: Connection refused', 'java.net.ConnectException: Connection refused' FROM generate_series(1001, 1002) AS id""");
			session.run("SELECT pgdispatch.schedule('report', '1 hour', 'SELECT report()')",
					"SELECT pgdispatch.pause_schedule('report')");
		}
	}

	private static List<Example> examples() throws IOException {
		List<Example> examples = new ArrayList<>();
		Matcher example = EXAMPLE.matcher(Files.readString(PAGE));
		while (example.find()) {
			List<String> blocks = BLOCK.matcher(example.group(3)).results().map((block) -> block.group(1)).toList();
			boolean change = example.group(1).equals("POST");
			for (int i = 0; i < blocks.size(); i += change ? 2 : 1) {
				examples
					.add(new Example(example.group(2), change ? blocks.get(i) : null, blocks.get(change ? i + 1 : i)));
			}
		}
		return examples;
	}

	/**
	 * Times and durations are those of another day, and what keeps dead rows depends on
	 * what else the server does.
	 */
	private static String plain(String json) {
		JsonNode answer = JsonMapper.shared().readTree(json);
		if (answer.get("status") instanceof ObjectNode status) {
			status.remove(List.of("tables", "snapshot"));
		}
		return answer.toPrettyString()
			.replaceAll("\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\"", "\"a time\"")
			.replaceAll("\"\\d{4}-\\d\\d-\\d\\d[T ][0-9:.]+[+Z0-9]*/", "\"a time/")
			.replaceAll("\"PT[0-9HMS.]+\"", "\"a duration\"");
	}

	/**
	 * A request and its answer.
	 */
	private record Example(String path, String change, String answer) {

		String ask(EndpointClient client) {
			return ((this.change != null) ? client.post(this.path, this.change) : client.get(this.path)).text();
		}

	}

}
