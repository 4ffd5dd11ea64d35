package io.github.pgdispatch.samples.documentation;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.github.pgdispatch.PgDispatchTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the properties in the documentation are known, and that its XML and YAML can
 * be read.
 */
class DocumentationConfigurationTests {

	private static final Pattern ROW = Pattern.compile("^\\| `(pgdispatch\\.[a-z.-]+)` \\| (?:`(.*?)`)? *\\|",
			Pattern.MULTILINE);

	static Stream<CodeBlock> properties() {
		return blocks("properties");
	}

	static Stream<CodeBlock> yaml() {
		return blocks("yaml");
	}

	static Stream<CodeBlock> xml() {
		return blocks("xml");
	}

	private static Stream<CodeBlock> blocks(String language) {
		return Repository.pages().flatMap((page) -> page.blocks(language).stream());
	}

	static Stream<Page> pages() {
		return Repository.pages();
	}

	@Test
	void tableHasAllPropertiesWithTheirDefaults() {
		Map<String, String> documented = ROW.matcher(Repository.page("docs/properties.md").text())
			.results()
			.collect(Collectors.toMap((row) -> row.group(1), (row) -> (row.group(2) != null) ? row.group(2) : ""));
		assertThat(documented).isEqualTo(Metadata.ofPgDispatch());
	}

	/**
	 * Also those in the midst of a sentence.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void propertiesOfPgDispatchAreKnown(Page page) {
		assertThat(Pattern
			.compile("`(pgdispatch\\.(?:retry|queues|worker|schema|transaction|driver|time-limit)[a-z.-]*)[=`]")
			.matcher(page.text())
			.results()
			.map((name) -> name.group(1)))
			.allMatch((name) -> Metadata.has(name)
					|| Metadata.ofPgDispatch().keySet().stream().anyMatch((known) -> known.startsWith(name)));
	}

	@ParameterizedTest
	@MethodSource("properties")
	void propertiesAreKnown(CodeBlock block) throws Exception {
		Properties properties = new Properties();
		properties.load(new StringReader(block.code()));
		assertThat(properties.stringPropertyNames()).isNotEmpty().allMatch(Metadata::has);
	}

	@ParameterizedTest
	@MethodSource("yaml")
	void yamlIsOfKubernetesOrPrometheusOrTheQuickstart(CodeBlock block) {
		Map<String, Object> document = new Yaml().load(block.code());
		assertThat(document.keySet()).isIn(Set.of("apiVersion", "kind", "metadata", "spec"),
				Set.of("global", "rule_files", "scrape_configs"), Set.of("spring"), Set.of("services"));
	}

	@ParameterizedTest
	@MethodSource("xml")
	void xmlIsWellFormedAndOfThisBuild(CodeBlock block) throws Exception {
		Document document = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(new InputSource(new StringReader("<blocks>" + withoutProlog(block.code()) + "</blocks>")));
		for (Element dependency : elements(document, "dependency")) {
			if (text(dependency, "groupId").equals("io.github.pgdispatch")) {
				String artifact = text(dependency, "artifactId");
				String pom = Repository
					.read(artifact.equals("pg-dispatch") ? Path.of("pom.xml") : Path.of(artifact, "pom.xml"));
				assertThat(pom).contains("<version>" + text(dependency, "version") + "</version>");
			}
		}
		for (Element include : elements(document, "include")) {
			String file = include.getAttribute("file").replaceFirst("^classpath:", "");
			assertThat(PgDispatchTemplate.class.getClassLoader().getResource(file)).isNotNull();
		}
	}

	private static String withoutProlog(String xml) {
		return xml.replaceFirst("^<\\?xml .*\\?>", "");
	}

	private static Iterable<Element> elements(Document document, String name) {
		return IntStream.range(0, document.getElementsByTagName(name).getLength())
			.mapToObj((index) -> (Element) document.getElementsByTagName(name).item(index))
			.toList();
	}

	private static String text(Element parent, String name) {
		return parent.getElementsByTagName(name).item(0).getTextContent();
	}

}
