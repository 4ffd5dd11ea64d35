package io.github.pgdispatch.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PGobject;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A string stays data, whatever it holds, wherever it stands and whatever it is wrapped
 * in, also where a backslash in a string is an escape.
 */
@PostgresTest
@Tag("every-postgresql")
class HostileStringsTests {

	private static final JsonMapper MAPPER = new JsonMapper();

	private final TestDatabase database;

	HostileStringsTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	static void createTables(TestDatabase database) throws IOException {
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("CREATE TABLE canary (v text)").update();
		jdbc.sql("INSERT INTO canary VALUES ('alive')").update();
		jdbc.sql("CREATE TABLE written (v text)").update();
		jdbc.sql("CREATE TABLE string (v text)").update();
		jdbc.sql("INSERT INTO string SELECT unnest(?)").param(HostileStrings.all().toArray(String[]::new)).update();
	}

	@Test
	void areMany() throws IOException {
		assertThat(HostileStrings.all()).hasSizeGreaterThan(500).doesNotHaveDuplicates();
	}

	@ParameterizedTest
	@MethodSource("positions")
	void arriveUnchanged(Position position) throws Exception {
		List<String> strings = HostileStrings.all().stream().filter(position.takes()).toList();
		assertThat(strings).hasSizeGreaterThan(200);
		List<String> commands = strings.stream().map(position::command).toList();
		for (String conforming : List.of("on", "off")) {
			try (CommandSession session = new CommandSession(this.database,
					Map.of("standard_conforming_strings", conforming))) {
				assertThat(differences(strings, session.answers(commands)))
					.as("what did not arrive at %s with standard_conforming_strings = %s", position.sql(), conforming)
					.isEmpty();
			}
		}
		assertThat(this.database.jdbc("app").sql("SELECT v FROM canary").query(String.class).list())
			.containsExactly("alive");
	}

	@ParameterizedTest
	@ValueSource(strings = { "on", "off" })
	void arriveUnchangedAmongWhateverElseSqlConsistsOf(String conforming) throws Exception {
		List<String> strings = HostileStrings.all();
		Random random = new Random(42);
		List<String> commands = strings.stream().map((string) -> {
			String sql = "SELECT v FROM(SELECT" + expressions(random) + ":v AS v," + expressions(random) + "1)AS x";
			return Command.parse(sql).render(ParameterValues.of(map(string)));
		}).toList();
		try (CommandSession session = new CommandSession(this.database,
				Map.of("standard_conforming_strings", conforming))) {
			assertThat(differences(strings, session.answers(commands))).isEmpty();
		}
	}

	private static String expressions(Random random) {
		List<String> expressions = List.of("' :no '", "'it''s :no'", "''''", "'\\\\'", "E'\\' :no'", "e'\\\\'",
				"E'a'\n'\\' :no'", "E'a'--'\n\t'\\':no'", "'a'\n' :no'", "N' :no '", "B'01'", "x'1F'", "$$ ' :no $$",
				"$a$ $$ ' :no $b$ $a$", "$é$ :no' $a$ $é$", "1 AS\":no '\"", "1 AS\"\"\" :no '\"", "1 AS a$b$",
				"1 AS é$$", "1 AS _", "1/*' :no*/", "/*/*'*/ :no*/1", "1--' :no\n", "1+-- :no'\r1", "1+/* $$ */1",
				"1::text", "(ARRAY[1,2])[1:2]", "1 AS\"a\"/**/", "1.5e3", "- -1", "@ -1", "$$$$||'a'::text");
		StringBuilder sql = new StringBuilder(" ");
		for (int i = random.nextInt(6); i > 0; i--) {
			sql.append(expressions.get(random.nextInt(expressions.size()))).append(random.nextBoolean() ? "," : "\n, ");
		}
		return sql.toString();
	}

	private static Map<String, String> differences(List<String> expected, List<String> actual) {
		assertThat(actual).hasSameSizeAs(expected);
		Map<String, String> differences = new LinkedHashMap<>();
		for (int i = 0; i < expected.size(); i++) {
			if (!expected.get(i).equals(actual.get(i))) {
				differences.put(expected.get(i), actual.get(i));
			}
		}
		return differences;
	}

	/**
	 * Otherwise a test whose canary nothing can reach would prove nothing.
	 */
	@Test
	void wouldKillTheCanaryWithoutQuoting() throws SQLException {
		JdbcClient jdbc = this.database.jdbc("app");
		String naive = "SELECT ''; UPDATE canary SET v = 'dead'; --'";
		try (CommandSession session = new CommandSession(this.database, Map.of())) {
			session.answers(List.of(naive));
		}
		assertThat(jdbc.sql("UPDATE canary SET v = 'alive' WHERE v = 'dead'").update()).isOne();
	}

	static Stream<Position> positions() {
		return Stream.of(plainPositions(), neighbours(), containers(), arraysAndLists(), json())
			.flatMap(Function.identity());
	}

	private static Stream<Position> plainPositions() {
		return Stream
			.of(Position.of("SELECT :v", HostileStringsTests::map),
					Position.of("SELECT :v", (string) -> Map.of("v", new StringBuilder(string))),
					Position.of("SELECT v FROM string WHERE v = :v", HostileStringsTests::map),
					Position.of("SELECT v FROM string WHERE:v=v", HostileStringsTests::map),
					Position.of("SELECT coalesce(NULL,:v,:v)", HostileStringsTests::map),
					Position.of("SELECT CASE :v WHEN :v THEN:v END", HostileStringsTests::map),
					Position.of("SELECT format('%s', :v)", HostileStringsTests::map),
					Position.of("WITH new AS (INSERT INTO written VALUES (:v) RETURNING v) SELECT v FROM new",
							HostileStringsTests::map),
					Position.of("SELECT 'first'; SELECT :v;", HostileStringsTests::map),
					Position.of("SELECT current_setting('my.v') FROM set_config('my.v', :v, true)",
							HostileStringsTests::map),
					Position.of("SELECT convert_from(:v, 'UTF8')",
							(string) -> Map.of("v", string.getBytes(StandardCharsets.UTF_8))));
	}

	private static Stream<Position> neighbours() {
		return Stream
			.of("SELECT substr('x'||:v,2)", "SELECT CASE WHEN jsonb_build_array(:v)-:v='[]'THEN :v END",
					"SELECT :v::varchar::text", "SELECT CAST(:v AS text)", "SELECT :v COLLATE\"C\"",
					"SELECT /* ' \" $$ :v */:v-- ' :v", "SELECT:v/*:v*/FROM canary",
					"SELECT substr($q$ ' :v $q$||:v||$$ :v $$,7,length(:v))", "SELECT substr(E'\\\\\\':v'||:v,5)",
					"SELECT substr('a'\n'b'||:v,3)", "SELECT \":v\" FROM (SELECT :v AS \":v\") AS \"'\"",
					"SELECT (ARRAY['no',:v])[2]", "SELECT v FROM string WHERE v IN('no',:v)",
					"SELECT v FROM (VALUES(:v))AS x(v)WHERE v=:v", "SELECT concat(:v,NULL,'')")
			.map((sql) -> Position.of(sql, HostileStringsTests::map));
	}

	private static Stream<Position> containers() {
		return Stream.of(Position.of("SELECT :text", Message::new),
				Position.of("SELECT :message.text", (string) -> new Envelope(new Message(string))),
				Position.of("SELECT :to.message.text", (string) -> Map.of("to", new Envelope(new Message(string)))),
				Position.of("SELECT :a.b.c", (string) -> Map.of("a", Map.of("b", Map.of("c", string)))),
				Position.of("SELECT :text", Bean::new),
				Position.of("SELECT :v", (string) -> new MapSqlParameterSource("v", string)));
	}

	private static Stream<Position> arraysAndLists() {
		return Stream.of(Position.of("SELECT :v[2]", (string) -> Map.of("v", new String[] { "no", string, null })),
				Position.of("SELECT (:v)[1]", (string) -> Map.of("v", new Object[] { string })),
				Position.of("SELECT :v[2][1]", (string) -> Map.of("v", new CharSequence[][] { { "no" }, { string } })),
				Position.of("SELECT (:v::varchar[]::text[])[1]", (string) -> Map.of("v", new String[] { string })),
				Position.of("SELECT v FROM string WHERE v=ANY(:v)",
						(string) -> Map.of("v", new String[] { "no", string })),
				Position.of("SELECT v FROM string WHERE v IN (:v)", (string) -> Map.of("v", List.of("no", string))),
				Position.of("SELECT v FROM string WHERE v IN(:v)", (string) -> Map.of("v", Set.of(string))),
				Position.of("SELECT coalesce(:v)", (string) -> Map.of("v", Arrays.asList(null, string))),
				new Position("SELECT array_to_string(:v, '')", (string) -> Map.of("v", string.toCharArray()),
						HostileStringsTests::hasNoSurrogates),
				new Position("SELECT concat(:v)",
						(string) -> Map.of("v", string.chars().mapToObj((character) -> (char) character).toList()),
						(string) -> hasNoSurrogates(string) && !string.isEmpty() && string.length() < 100));
	}

	private static Stream<Position> json() {
		return Stream.of(Position.of("SELECT :v->>'k'", (string) -> Map.of("v", document(string))),
				Position.of("SELECT key FROM jsonb_object_keys(:v) AS key",
						(string) -> Map.of("v", MAPPER.createObjectNode().put(string, 1))),
				Position.of("SELECT :v#>>'{}'", (string) -> Map.of("v", MAPPER.valueToTree(string))),
				Position.of("SELECT :v[2]->>'k'", (string) -> Map.of("v", new JsonNode[] { null, document(string) })),
				Position.of("SELECT :v->>'k'", (string) -> Map.of("v", pgObject("json", document(string).toString()))),
				Position.of("SELECT :v->>'k'", (string) -> Map.of("v", pgObject("jsonb", document(string).toString()))),
				Position.of("SELECT :v[1]->>'k'",
						(string) -> Map.of("v", new PGobject[] { pgObject("jsonb", document(string).toString()) })),
				Position.of("SELECT :v", (string) -> Map.of("v", pgObject("text", string))),
				Position.of("SELECT concat(:v)", (string) -> Map.of("v", List.of(pgObject("text", string)))));
	}

	private static Map<String, Object> map(String string) {
		Map<String, Object> values = new HashMap<>();
		values.put("v", string);
		return values;
	}

	private static JsonNode document(String string) {
		return MAPPER.createObjectNode().put("k", string);
	}

	private static boolean hasNoSurrogates(String string) {
		return string.chars().noneMatch((character) -> Character.isSurrogate((char) character));
	}

	private static PGobject pgObject(String type, String value) {
		try {
			PGobject object = new PGobject();
			object.setType(type);
			object.setValue(value);
			return object;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private record Message(String text) {

	}

	private record Envelope(Message message) {

	}

	private static final class Bean {

		private final String string;

		Bean(String string) {
			this.string = string;
		}

		@SuppressWarnings("unused")
		public String getText() {
			return this.string;
		}

	}

}
