package io.github.pgdispatch.autoconfigure;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor.Settings;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that an application can be processed ahead of time, without a database and
 * without the properties that it is run with, and works when it is started from that: as
 * in a native image, but on the JVM.
 */
@PostgresTest
class AheadOfTimeTests {

	private static final String CLASS_PATH = System.getProperty("surefire.test.class.path",
			System.getProperty("java.class.path"));

	@TempDir
	private Path directory;

	@Test
	void sideEffectsTakePlace(TestDatabase database) throws Exception {
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("CREATE TABLE effect (name text)").update();
		process(AheadOfTimeApplication.class, "--spring.datasource.url=jdbc:postgresql://localhost:1/none",
				"--spring.aop.proxy-target-class=false", "--pgdispatch.schema.mode=jdbc");
		compile();
		run(AheadOfTimeApplication.class, "--spring.datasource.url=" + database.url(),
				"--spring.datasource.username=app", "--plain.delay=0s", "--spring.aop.proxy-target-class=false",
				"--pgdispatch.schema.mode=jdbc", "--pgdispatch.transaction=supports");
		assertThat(jdbc.sql("SELECT name FROM effect").query(String.class).list()).containsExactlyInAnyOrder("sql Ada",
				"plain London", "transactional", "interface", "prototype");
	}

	@Test
	void eachDatabaseHasItsBeans(TestDatabase database) throws Exception {
		TestDatabase customers = database.another();
		TestDatabase stock = database.another();
		process(AheadOfTimeDatabases.class, "--orders=none", "--customers=none", "--stock=none",
				"--pgdispatch.schema.mode=jdbc");
		compile();
		run(AheadOfTimeDatabases.class, "--pgdispatch.schema.mode=jdbc", "--orders=" + database.url(),
				"--customers=" + customers.url(), "--stock=" + stock.url());
		assertThat(customers.jdbc("app").sql("SELECT what FROM note").query(String.class).list())
			.containsExactlyInAnyOrder("sql", "in transaction", "after in transaction");
	}

	@Test
	void hintsAreWritten() throws Exception {
		process(AheadOfTimeApplication.class, "--spring.datasource.url=jdbc:postgresql://localhost:1/none");
		try (Stream<Path> files = Files.walk(this.directory)) {
			assertThat(files.filter((file) -> file.endsWith("reachability-metadata.json"))).singleElement()
				.satisfies((file) -> assertThat(read(file).replace("\\/", "/")).contains(
						AheadOfTimeApplication.Address.class.getName(), DatabaseProperties.Worker.class.getName(),
						PgDispatchFailureAnalyzer.class.getName(), "io/github/pgdispatch/schema/*.sql"));
		}
	}

	private void process(Class<?> application, String... arguments) {
		new SpringApplicationAotProcessor(application,
				Settings.builder()
					.sourceOutput(this.directory)
					.resourceOutput(this.directory)
					.classOutput(this.directory)
					.groupId("com.example")
					.artifactId("application")
					.build(),
				arguments)
			.process();
	}

	private void compile() throws IOException {
		List<String> arguments = new ArrayList<>(
				List.of("-proc:none", "-nowarn", "-cp", this.directory + File.pathSeparator + CLASS_PATH));
		try (Stream<Path> files = Files.walk(this.directory)) {
			files.map(Path::toString).filter((file) -> file.endsWith(".java")).forEach(arguments::add);
		}
		assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
			.isZero();
	}

	private void run(Class<?> main, String... arguments) throws Exception {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
				"-Dspring.aot.enabled=true", "-cp", this.directory + File.pathSeparator + CLASS_PATH, main.getName()));
		command.addAll(List.of(arguments));
		Path output = this.directory.resolve("output.txt");
		Process application = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		try {
			assertThat(application.waitFor(1, TimeUnit.MINUTES)).as(() -> read(output)).isTrue();
			assertThat(application.exitValue()).as(() -> read(output)).isZero();
		}
		finally {
			application.destroyForcibly();
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

}
