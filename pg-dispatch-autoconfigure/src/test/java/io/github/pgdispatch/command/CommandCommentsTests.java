package io.github.pgdispatch.command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What looks like a parameter in a comment is none.
 */
class CommandCommentsTests {

	@ParameterizedTest
	@ValueSource(strings = { "-- :no\n", "-- it's :no\r", "--\n", "--- :no\r\n", "1+-- :no\n", "/* :no */", "/**/",
			"/***/", "/* it's :no */", "/* -- */", "/* /* :no */ :no */", "/*/* :no */*/", "/*/ :no */", "//* :no */",
			"*/* :no */", "/* $$ */", "-- $$\n", "/* \" */", "-- /*\n", "- - ", "/ *" })
	void areSkipped(String comment) {
		Command command = Command.parse("SELECT " + comment + ":yes");
		assertThat(command.parameters()).containsExactly("yes");
		assertThat(command.render((path) -> null)).isEqualTo("SELECT " + comment + "(NULL)");
	}

	@Test
	void atTheEndNeedNoNewLine() {
		assertThat(Command.parse("SELECT :yes -- :no").parameters()).containsExactly("yes");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/*", "/* *", "/*/", "/* /* */", "/*/*/" })
	void withoutAnEndAreRefused(String comment) {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT 1 " + comment))
			.withMessage("The comment that begins at character 10 has no end. End it with */, once for each /* in it.");
	}

}
