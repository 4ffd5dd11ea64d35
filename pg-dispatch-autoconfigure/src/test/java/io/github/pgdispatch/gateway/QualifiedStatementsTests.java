package io.github.pgdispatch.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.test.UnqualifiedNames;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The statements of the library, its support for tests aside, qualify every name, so that
 * it is not the search path of the application's sessions that decides what they call.
 */
class QualifiedStatementsTests {

	private static final Pattern LITERAL = Pattern
		.compile("\"\"\"\\n(?<block>.*?)\"\"\"|\"(?<line>(?:[^\"\\\\\\n]|\\\\.)*+)\"", Pattern.DOTALL);

	private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*(/\\*\\*|\\*|//).*$");

	private static final Pattern SQL = Pattern.compile(
			"\\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CALL|DO|VALUES|FROM|WHERE|UNION|ORDER BY)\\b.*", Pattern.DOTALL);

	static List<Path> sources() throws IOException {
		try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
			return files.filter((file) -> file.toString().endsWith(".java"))
				.filter((file) -> !file.toString().contains("testing"))
				.toList();
		}
	}

	@ParameterizedTest
	@MethodSource("sources")
	void everyNameIsQualified(Path source) throws IOException {
		String statements = LITERAL.matcher(COMMENT.matcher(Files.readString(source)).replaceAll(""))
			.results()
			.map((literal) -> (literal.group(1) != null) ? literal.group(1) : literal.group(2))
			.filter((text) -> SQL.matcher(text).matches() && !text.matches("(?s).*['(]"))
			.map(QualifiedStatementsTests::withoutParameters)
			.collect(Collectors.joining(";\n"));
		assertThat(UnqualifiedNames.in(statements)).isEmpty();
	}

	private static String withoutParameters(String sql) {
		return sql.replace("?", "$1").replaceAll("%(\\d\\$)?[sd]", "x").replace("\\\\", "\\");
	}

}
