package io.github.pgdispatch.samples.documentation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.UrlResource;

/**
 * What libraries tell IDEs of their properties.
 */
final class Metadata {

	private static final String FILE = "META-INF/spring-configuration-metadata.json";

	private Metadata() {
	}

	/**
	 * The properties of pg-dispatch, with their defaults as text.
	 */
	static Map<String, String> ofPgDispatch() {
		return all().stream()
			.filter((property) -> name(property).startsWith("pgdispatch."))
			.collect(Collectors.toMap(Metadata::name, Metadata::defaultValue));
	}

	/**
	 * Whether some library on the class path has a property, or a map that may have it.
	 */
	static boolean has(String name) {
		return all().stream()
			.anyMatch((property) -> name.equals(name(property))
					|| name.startsWith(name(property) + ".") && type(property).startsWith("java.util.Map"));
	}

	private static List<JsonNode> all() {
		return Metadata.class.getClassLoader()
			.resources(FILE)
			.map(UrlResource::new)
			.map((resource) -> JsonMapper.shared().readTree(read(resource)).get("properties"))
			.flatMap(JsonNode::valueStream)
			.toList();
	}

	private static String name(JsonNode property) {
		return property.get("name").stringValue();
	}

	private static String type(JsonNode property) {
		JsonNode type = property.get("type");
		return (type != null) ? type.stringValue() : "";
	}

	private static String defaultValue(JsonNode property) {
		JsonNode value = property.get("defaultValue");
		return (value != null && !value.isArray()) ? value.asString() : "";
	}

	private static String read(UrlResource resource) {
		try {
			return resource.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
