package io.github.pgdispatch.testing;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;

import io.github.pgdispatch.command.Command;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Literals}.
 */
class LiteralsTests {

	@Test
	void areWrittenAsAPersonWould() {
		assertReadable(42, "42");
		assertReadable(-42L, "-42");
		assertReadable(new BigDecimal("1.50"), "1.50");
		assertReadable(true, "true");
		assertReadable("O'Hara", "'O''Hara'");
		assertReadable("a\\b$1", "E'a\\\\b$1'");
		assertReadable("('1'::bigint)", "'(''1''::bigint)'");
		assertReadable(LocalDate.of(2026, 11, 25), "'2026-11-25'");
		assertReadable(null, "NULL");
	}

	private static void assertReadable(Object value, String expected) {
		Map<String, Object> values = new HashMap<>();
		values.put("value", value);
		String command = Command.parse("SELECT f(:value, :value)").render(values::get);
		assertThat(Literals.readable(command)).isEqualTo("SELECT f(" + expected + ", " + expected + ")");
	}

}
