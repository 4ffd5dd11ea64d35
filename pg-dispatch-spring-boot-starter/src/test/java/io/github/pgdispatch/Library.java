package io.github.pgdispatch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;

import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/**
 * A library in a Maven repository.
 *
 * @param group that it belongs to
 * @param artifact of the group
 * @param version of it
 */
record Library(String group, String artifact, String version) {

	/**
	 * Returns what may be chosen from, according to its POM or the next parent that says
	 * so.
	 * @param repository where the POMs are
	 * @return identifiers of SPDX, as far as there are any
	 */
	String licence(Path repository) throws Exception {
		Path pom = repository.resolve(this.group.replace('.', '/'))
			.resolve(this.artifact)
			.resolve(this.version)
			.resolve(this.artifact + "-" + this.version + ".pom");
		Document document = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(Files.newInputStream(pom), pom.toString());
		XPath path = XPathFactory.newInstance().newXPath();
		List<String> names = strings(
				(NodeList) path.evaluate("/project/licenses/license/name", document, XPathConstants.NODESET));
		if (!names.isEmpty()) {
			return names.stream().map(Library::identifier).collect(Collectors.joining(" or "));
		}
		Library parent = new Library(path.evaluate("/project/parent/groupId", document),
				path.evaluate("/project/parent/artifactId", document),
				path.evaluate("/project/parent/version", document));
		return parent.licence(repository);
	}

	private static List<String> strings(NodeList nodes) {
		return IntStream.range(0, nodes.getLength()).mapToObj((i) -> nodes.item(i).getTextContent().strip()).toList();
	}

	private static String identifier(String name) {
		return name.replaceFirst("^(The )?Apache.*\\b2(\\.0)?$", "Apache-2.0")
			.replaceFirst("^(The )?MIT( License)?$", "MIT")
			.replaceFirst("^EPL 2\\.0$", "EPL-2.0")
			.replaceFirst("^CDDL 1\\.1$", "CDDL-1.1")
			.replaceFirst("^GPL2 w/ CPE$", "GPL-2.0 with classpath exception");
	}

}
