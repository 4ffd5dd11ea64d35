package io.github.pgdispatch.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a parameter is, and what takes its place.
 */
class CommandParametersTests {

	@ParameterizedTest
	@CsvSource(delimiter = '~', textBlock = """
			SELECT :a                 ~ a             ~ SELECT <a>
			SELECT :user.id           ~ user.id       ~ SELECT <user.id>
			SELECT :a.b.c, 1          ~ a.b.c         ~ SELECT <a.b.c>, 1
			SELECT :a.                ~ a             ~ SELECT <a>.
			SELECT :a..b              ~ a             ~ SELECT <a>..b
			SELECT :a.1               ~ a             ~ SELECT <a>.1
			SELECT (:a).b, :a.*       ~ a             ~ SELECT (<a>).b, <a>.*
			SELECT :a::text           ~ a             ~ SELECT <a>::text
			SELECT :a:b               ~ a b           ~ SELECT <a><b>
			SELECT a:::b              ~ b             ~ SELECT a::<b>
			SELECT:a+:b-:a            ~ a b           ~ SELECT<a>+<b>-<a>
			SELECT f(x => :x)         ~ x             ~ SELECT f(x => <x>)
			SELECT a[1: :n]           ~ n             ~ SELECT a[1: <n>]
			SELECT :a[1]              ~ a             ~ SELECT <a>[1]
			SELECT :größe, :名, :_x, :$y ~ größe 名 _x $y ~ SELECT <größe>, <名>, <_x>, <$y>
			SELECT :\ud835\udc9c.\ud835\udc9ex ~ \ud835\udc9c.\ud835\udc9ex ~ SELECT <\ud835\udc9c.\ud835\udc9ex>
			SELECT :a1.b2c            ~ a1.b2c        ~ SELECT <a1.b2c>
			SELECT 1; SELECT :a;      ~ a             ~ SELECT 1; SELECT <a>;
			""")
	void beginWithAColon(String sql, String parameters, String rendered) {
		Command command = Command.parse(sql);
		assertThat(command.parameters()).containsExactly(parameters.split(" "));
		assertThat(command.render((path) -> "<" + path + ">"))
			.isEqualTo(rendered.replaceAll("<(.*?)>", "('<$1>'::pg_catalog.text)"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT a::text", "SELECT f(x := 1)", "SELECT a[1:2]", "SELECT a[:]", "SELECT a[1: n]",
			"SELECT a ? 'b'", "SELECT 1:", "SELECT : x", "SELECT :'x'", "SELECT :\"x\"", "SELECT $1", "SELECT '12:00'",
			"SELECT {fn now()}", "SELECT :\u0001x", "SELECT x::\u00e9", " \t\r\n SELECT 1 ;\n" })
	void areNotWhatElseHasAColon(String sql) {
		Command command = Command.parse(sql);
		assertThat(command.parameters()).isEmpty();
		assertThat(command.render((path) -> {
			throw new AssertionError(path);
		})).isEqualTo(sql);
	}

	@Test
	void areNotLookedForInValues() {
		assertThat(Command.parse(":a :b").render(ParameterValues.of(Map.of("a", ":b", "b", ":a"))))
			.isEqualTo("(':b'::pg_catalog.text) (':a'::pg_catalog.text)");
	}

	@Test
	void areAskedForOnceInTheOrderOfTheirFirstOccurrence() {
		List<String> asked = new ArrayList<>();
		Command command = Command.parse("SELECT :b.x, :a, :b, :a, :b.x");
		command.render((path) -> {
			asked.add(path);
			return 1;
		});
		assertThat(asked).containsExactly("b.x", "a", "b");
		assertThat(command.parameters()).containsExactly("b.x", "a", "b");
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> command.parameters().remove("a"));
	}

}
