package io.github.pgdispatch.command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * SQL that cannot become a command.
 */
class CommandSqlTests {

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", " \n\t" })
	void isNotBlank(String sql) {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse(sql))
			.withMessage("The SQL is blank. Pass the statement that runs after the commit.");
	}

	@Test
	void containsOnlyWhatCanBeStored() {
		assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("SELECT '\0'"))
			.withMessage("The SQL contains a NUL character (character 9), which PostgreSQL cannot store. Remove it.");
		for (String unpaired : new String[] { "\ud83d", "\ude00", "\ud83d\ud83d\ude00", "\ude00\ud83d" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> Command.parse("-- " + unpaired))
				.withMessageContaining("an unpaired surrogate (character 4)");
		}
		Command.parse("SELECT '\ud83d\ude00'");
	}

}
