package io.github.pgdispatch.command;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Jackson need not be on the class path.
 */
class CommandWithoutJacksonTests {

	@Test
	void renders() throws Exception {
		List<URL> classPath = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
			if (!entry.contains("jackson")) {
				classPath.add(Path.of(entry).toUri().toURL());
			}
		}
		try (URLClassLoader classLoader = new URLClassLoader(classPath.toArray(URL[]::new),
				ClassLoader.getPlatformClassLoader())) {
			assertThat(ClassUtils.isPresent("tools.jackson.databind.JsonNode", classLoader)).isFalse();
			Class<?> commandClass = classLoader.loadClass(Command.class.getName());
			Class<?> valuesClass = classLoader.loadClass(ParameterValues.class.getName());
			Object command = commandClass.getMethod("parse", String.class).invoke(null, "SELECT :v");
			Object values = ReflectionUtils.invokeMethod(valuesClass.getMethod("of", Object.class), null,
					Map.of("v", "x"));
			assertThat(commandClass.getMethod("render", valuesClass).invoke(command, values))
				.isEqualTo("SELECT ('x'::pg_catalog.text)");
		}
	}

}
