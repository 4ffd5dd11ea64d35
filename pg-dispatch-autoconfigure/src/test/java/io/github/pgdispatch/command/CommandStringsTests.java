package io.github.pgdispatch.command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * What looks like a parameter in a string or a quoted identifier is none.
 */
class CommandStringsTests {

	@ParameterizedTest
	@ValueSource(strings = { "' :no '", "'it''s :no'", "'' ' :no ' ''", "'\\ :no'", "'\\\\'", "E'\\' :no'",
			"e'\\\\' ' :no '", "E'a''\\':no'", "E'a'\n'\\':no'", "E'a' --'\n -- \"\n\t '\\' :no'",
			"E'a'\r\n\n'b'\n'\\':no'", "E'\\\\'\n' :no'", "U&'d\\0061t:no'", "u&' :no '", "N' :no '", "B'01:no'",
			"X'1F:no'", "x' ' ' :no '", "\" :no \"", "\"\"\" :no\"", "\"\\\" \" :no \"", "U&\"d\\0061 :no\"",
			"typeE'\\\\' ' :no '", "_e'\\\\' ' :no '" })
	void areSkipped(String quoted) {
		String sql = "SELECT " + quoted + ":yes";
		Command command = Command.parse(sql);
		assertThat(command.parameters()).containsExactly("yes");
		assertThat(command.render((path) -> null)).isEqualTo("SELECT " + quoted + "(NULL)");
	}

	@Test
	void onTheSameLineDoNotGoOn() {
		assertThat(Command.parse("E'a' '\\\\' :yes").parameters()).containsExactly("yes");
		assertThat(Command.parse("E'a'\n, '\\\\' :yes").parameters()).containsExactly("yes");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 'C:\\', :no", "SELECT :no, 'it\\''s', ''", "SELECT '\\\\\\', :no",
			"SELECT N'\\', :no", "SELECT 'a''\\', :no", "SELECT nameE'\\', :no" })
	void whoseEndDependsOnASettingAreRefusedBesideParameters(String sql) {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse(sql))
			.withMessageContaining("at character " + (sql.indexOf('\'') + 1) + " ")
			.withMessageContaining("standard_conforming_strings")
			.withMessageContaining("Write E'…' with doubled backslashes");
	}

	@Test
	void whoseEndDependsOnASettingAreLeftAloneWithoutParameters() {
		assertThat(Command.parse("SELECT 'C:\\'").render((path) -> null)).isEqualTo("SELECT 'C:\\'");
		assertThatNoException().isThrownBy(() -> Command.parse("SELECT 'C:\\dir\\\\', :yes"));
	}

	@Test
	void withoutAnEndAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT 'it''s"))
			.withMessage("The string that begins at character 8 has no end. End it with ', and double the quotes"
					+ " inside it.");
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT E'\\'"))
			.withMessage("The string that begins at character 9 has no end. End it with ', and double the quotes and"
					+ " backslashes inside it.");
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT 'it\\'s'"))
			.withMessage("The string that begins at character 14 has no end. End it with ', and double the quotes"
					+ " inside it. (In the string at character 8, a backslash does not escape a quote. It does so"
					+ " only in E'…'.)");
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT E'\\"));
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT E'a'\n'b"));
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT '"));
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT \"a"))
			.withMessage("The quoted identifier that begins at character 8 has no end. End it with \", and double the"
					+ " quotes inside it.");
	}

}
