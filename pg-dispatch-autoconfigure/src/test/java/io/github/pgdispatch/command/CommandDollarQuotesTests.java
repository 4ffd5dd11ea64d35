package io.github.pgdispatch.command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What looks like a parameter in a dollar quote is none, and not every dollar begins one.
 */
class CommandDollarQuotesTests {

	@ParameterizedTest
	@ValueSource(strings = { "$$ :no $$", "$$ it's :no $$", "$a$ $$ :no $b$ :no $a$", "$_1$ :no $_1 $_1$",
			"$é$ :no $é$", "$A$ :no $a$ :no $A$", "$a$ :no $b$a$", "$$ :no $a$$", "+$$ :no $$", "$1$$ :no $$",
			"$1$a$ :no $a$", "1$$ :no $$", "$$$$", "$a$$a$" })
	void areSkipped(String quoted) {
		Command command = Command.parse("SELECT " + quoted + ":yes");
		assertThat(command.parameters()).containsExactly("yes");
		assertThat(command.render((path) -> null)).isEqualTo("SELECT " + quoted + "(NULL)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a$b$ :yes", "a$$ :yes", "é$a$ :yes", "_$$ :yes", "a1$b$ :yes", "$1 + :yes", "$ :yes",
			"$1a :yes", "$a :yes", "$1$ :yes", "\u00a0$$ :yes" })
	void areNotBegunByOtherDollars(String sql) {
		assertThat(Command.parse("SELECT " + sql).parameters()).containsExactly("yes");
	}

	@ParameterizedTest
	@ValueSource(strings = { "1_000$$", "0x1F$a$", "1e$$", "$1a$b$", "1.5e10$$" })
	void areRefusedWhereNumbersRunIntoThem(String number) {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT " + number + " :no $$"))
			.withMessageContaining("depends on the version of PostgreSQL. Put a space after it.");
	}

	@Test
	void withoutAnEndAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("DO $body$ $$ $Body$"))
			.withMessage("The dollar quote that begins at character 4 has no end. End it with $body$.");
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("DO $$ $"))
			.withMessageContaining("End it with $$.");
	}

}
