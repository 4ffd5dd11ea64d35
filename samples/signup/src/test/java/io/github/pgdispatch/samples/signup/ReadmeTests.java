package io.github.pgdispatch.samples.signup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.core.io.UrlResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the README tells the truth: its Java is code of this sample, its SQL runs,
 * its properties are all that there are, and its commands are those that are used.
 */
@SpringBootTest(properties = "signup.story=false")
class ReadmeTests {

	private static final Path ROOT = Path.of("../..");

	private final String readme = read(ROOT.resolve("README.md"));

	@Autowired
	private PgDispatchTemplate template;

	@Autowired
	private PlatformTransactionManager transactionManager;

	@Autowired
	private JdbcClient jdbc;

	@Autowired
	private JdbcTemplate statements;

	@Test
	void itsTemplateDispatches() {
		Profile profile = new Profile(42, "Ada");
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			int before = jobs();
			use(this.template, profile);
			assertThat(jobs()).isEqualTo(before + 3);
			status.setRollbackOnly();
		});
	}

	private static void use(PgDispatchTemplate template, Profile profile) {
		template.fire("SELECT signup.notify_followers(:id)", Map.of("id", profile.id()));
		template.snooze("SELECT signup.remind(:id)", profile, Duration.ofDays(3));
		template
			.dispatch(Dispatch.sql("SELECT signup.remind(:id)", profile).maxAttempts(5).key("remind " + profile.id()));
	}

	@Test
	void itsJavaIsCodeOfThisSample() throws IOException {
		List<String> sources;
		try (Stream<Path> files = Files.walk(Path.of("src"))) {
			sources = files.filter((file) -> file.toString().endsWith(".java")).map(ReadmeTests::read).toList();
		}
		assertThat(blocks("java")).hasSize(6)
			.allSatisfy((block) -> assertThat(sources).anySatisfy((source) -> assertThat(source).contains(block)));
	}

	@Test
	void itsSqlRuns() {
		List<String> blocks = blocks("sql");
		assertThat(blocks).hasSize(4);
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			this.statements.execute("CREATE ROLE app");
			blocks.stream()
				.flatMap((block) -> Stream.of(block.split(";")))
				.map(String::strip)
				.filter((statement) -> !statement.isEmpty())
				.forEach(this.statements::execute);
			status.setRollbackOnly();
		});
	}

	@Test
	void itsPropertiesAreAllThatThereAreWithTheirDefaults() {
		Map<String, String> documented = Pattern
			.compile("^\\| `(pgdispatch\\.[a-z.-]+)` \\| (?:`(.*?)`)? *\\|", Pattern.MULTILINE)
			.matcher(this.readme)
			.results()
			.collect(Collectors.toMap((row) -> row.group(1), (row) -> (row.group(2) != null) ? row.group(2) : ""));
		assertThat(documented).isEqualTo(properties());
	}

	private static Map<String, String> properties() {
		JsonNode metadata = JsonMapper.shared().readTree(read(metadata()));
		return metadata.get("properties")
			.valueStream()
			.collect(Collectors.toMap((property) -> property.get("name").stringValue(), ReadmeTests::defaultValue));
	}

	private static String defaultValue(JsonNode property) {
		JsonNode value = property.get("defaultValue");
		return (value != null && !value.isArray()) ? value.asString() : "";
	}

	/**
	 * The one of pg-dispatch among those of all libraries.
	 */
	private static UrlResource metadata() {
		return PgDispatchTemplate.class.getClassLoader()
			.resources("META-INF/spring-configuration-metadata.json")
			.map(UrlResource::new)
			.filter((resource) -> resource.toString().contains("pg-dispatch-autoconfigure"))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void itsTestCommandIsTheOneThatCiRuns() {
		List<String> commands = blocks("shell");
		assertThat(commands).hasSize(2);
		assertThat(read(ROOT.resolve(".ci/run"))).contains(commands.get(1).strip());
		assertThat(read(Path.of("README.md"))).contains(commands.get(0).strip());
	}

	private List<String> blocks(String language) {
		return Pattern.compile("^```" + language + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
			.matcher(this.readme)
			.results()
			.map((MatchResult block) -> block.group(1))
			.toList();
	}

	private int jobs() {
		return this.jdbc.sql("SELECT count(*) FROM pgdispatch.job").query(Integer.class).single();
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String read(UrlResource resource) {
		try {
			return resource.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
