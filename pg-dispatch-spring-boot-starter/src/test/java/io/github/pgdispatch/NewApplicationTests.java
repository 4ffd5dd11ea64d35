package io.github.pgdispatch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The starter and the JDBC driver are all that a new application needs: the one in
 * {@code src/it/new-application}, which a Maven of its own builds from the jars of this
 * build.
 */
class NewApplicationTests {

	private static final String VERSION = System.getProperty("outer.version");

	private static final Pattern LIBRARY = Pattern.compile("BOOT-INF/lib/(.+?)-(\\d.*)\\.jar");

	private static final Pattern DOCUMENTED = Pattern.compile("^\\| `([^:`]+):([^:`]+)` \\| ([^|]+) \\|");

	private static final List<String> MODULES = List.of("pg-dispatch-autoconfigure", "pg-dispatch-spring-boot-starter");

	private static final Path TARGET = Path.of("target").toAbsolutePath();

	private static final Path APPLICATION = TARGET.resolve("new-application/target");

	private static final Path JAR = APPLICATION.resolve("new-application-0.0.1-SNAPSHOT.jar");

	private static final Path DEPENDENCIES = APPLICATION.resolve("dependencies.txt");

	@BeforeAll
	static void build() throws Exception {
		LocalRepository repository = LocalRepository.create(TARGET.resolve("repository"),
				Path.of(System.getProperty("outer.maven.repository")));
		repository.install("pg-dispatch", VERSION, "pom", Path.of("..", "pom.xml"));
		for (String module : MODULES) {
			repository.install(module, VERSION, "pom", Path.of("..", module, "pom.xml"));
			repository.install(module, VERSION, "jar", jar(module));
		}
		new MavenBuild(TARGET.resolve("new-application"), repository.directory()).run("clean", "package",
				"dependency:tree", "-DoutputFile=" + DEPENDENCIES);
	}

	@Test
	void dependsOnNothingElse() throws IOException {
		assertThat(DependencyTree.read(DEPENDENCIES).roots())
			.containsExactlyInAnyOrder("pg-dispatch-spring-boot-starter", "postgresql");
	}

	/**
	 * Only what Spring Boot's plugin adds to each application is not listed.
	 */
	@Test
	void librariesAndLicencesAreThoseOfTheDocumentation() throws Exception {
		Map<String, String> versions = new TreeMap<>();
		try (JarFile application = new JarFile(JAR.toFile())) {
			application.stream()
				.map((entry) -> LIBRARY.matcher(entry.getName()))
				.filter(Matcher::matches)
				.forEach((jar) -> versions.put(jar.group(1), jar.group(2)));
		}
		versions.remove("spring-boot-jarmode-tools");
		Map<String, String> documented = new TreeMap<>();
		Map<String, String> actual = new TreeMap<>();
		for (String line : Files.readAllLines(Path.of("..", "docs", "dependencies.md"))) {
			Matcher row = DOCUMENTED.matcher(line);
			if (row.find()) {
				documented.put(row.group(2), row.group(3));
				if (versions.containsKey(row.group(2))) {
					Library library = new Library(row.group(1), row.group(2), versions.get(row.group(2)));
					actual.put(library.artifact(), library.licence(TARGET.resolve("repository")));
				}
			}
		}
		assertThat(documented.keySet()).isEqualTo(versions.keySet());
		assertThat(documented).isEqualTo(actual);
	}

	@Test
	void containsTheJarsOfThisBuild() throws IOException {
		try (JarFile application = new JarFile(JAR.toFile())) {
			for (String module : MODULES) {
				ZipEntry entry = application.getEntry("BOOT-INF/lib/" + jar(module).getFileName());
				assertThat(jar(module)).hasBinaryContent(application.getInputStream(entry).readAllBytes());
			}
		}
	}

	@Test
	void runsSideEffectsAfterTheCommit() throws Exception {
		try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
			createDatabase(server);
			run(server);
			JdbcClient application = JdbcClient.create(server.getDatabase("app", "app"));
			assertThat(application.sql("SELECT name FROM welcome").query(String.class).list())
				.containsExactly("O'Hara");
			assertThat(application.sql("SELECT text FROM greeting").query(String.class).list())
				.containsExactly("Hello, O'Hara");
		}
	}

	@Test
	void logsTwoLinesAtTheFirstStartAndOneAtOthers() throws Exception {
		try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
			createDatabase(server);
			List<String> first = run(server, "--logging.level.root=info");
			assertThat(first.stream().filter(NewApplicationTests::isOfPgDispatch)).satisfiesExactly(
					(line) -> assertThat(line).contains("INFO", "Installed the schema pgdispatch"),
					(line) -> assertThat(line).contains("INFO", "Jobs are run by this node"));
			List<String> second = run(server, "--logging.level.root=info", "--spring.sql.init.mode=never");
			assertThat(second.stream().filter(NewApplicationTests::isOfPgDispatch)).singleElement()
				.asString()
				.contains("INFO", "Jobs are run by this node");
			assertThat(first).noneMatch(NewApplicationTests::isWarningOfTheVirtualMachine);
			assertThat(second).noneMatch(NewApplicationTests::isWarningOfTheVirtualMachine);
		}
	}

	/**
	 * What pg-dispatch, or Liquibase for it, has logged.
	 */
	private static boolean isOfPgDispatch(String line) {
		return line.matches(".* --- .*] *(i\\.g\\.p|io\\.github\\.pgdispatch|l\\.|liquibase)[.a-zA-Z]* *: .*");
	}

	/**
	 * As it warns of reflection on its own classes, native access and what is deprecated.
	 */
	private static boolean isWarningOfTheVirtualMachine(String line) {
		return line.startsWith("WARNING:") || line.contains("VM warning");
	}

	private static void createDatabase(EmbeddedPostgres server) {
		JdbcClient administrator = JdbcClient.create(server.getPostgresDatabase());
		administrator.sql("CREATE ROLE app LOGIN").update();
		administrator.sql("CREATE DATABASE app OWNER app").update();
	}

	private static Path jar(String module) {
		return Path.of("..", module, "target", module + "-" + VERSION + ".jar");
	}

	private static List<String> run(EmbeddedPostgres server, String... arguments) throws Exception {
		Path output = APPLICATION.resolve("output.txt");
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", JAR.toString(),
						"--spring.datasource.url=" + server.getJdbcUrl("app", "app")));
		command.addAll(List.of(arguments));
		Process application = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		try {
			boolean exited = application.waitFor(2, TimeUnit.MINUTES);
			assertThat(exited).as(Files.readString(output)).isTrue();
			assertThat(application.exitValue()).as(Files.readString(output)).isZero();
			return Files.readAllLines(output);
		}
		finally {
			application.destroyForcibly();
		}
	}

}
