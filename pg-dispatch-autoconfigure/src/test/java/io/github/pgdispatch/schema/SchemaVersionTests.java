package io.github.pgdispatch.schema;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link SchemaVersion}.
 */
class SchemaVersionTests {

	@Test
	void isWrittenAsItIsRead() {
		assertThat(SchemaVersion.parse("1.20.3")).hasToString("1.20.3");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "1.0", "1.0.0-SNAPSHOT", "v1.0.0", "1.0.0.0", "99999999999.0.0" })
	void refusesAnythingElse(String version) {
		assertThatIllegalArgumentException().isThrownBy(() -> SchemaVersion.parse(version));
	}

	@ParameterizedTest
	@CsvSource({ "1.2.3, true", "1.2.4, true", "1.10.0, true", "1.2.2, false", "1.1.9, false", "2.2.3, false",
			"0.2.3, false" })
	void servesOlderLibrariesOfItsMajorVersion(String schema, boolean serves) {
		assertThat(SchemaVersion.parse(schema).serves(new SchemaVersion(1, 2, 3))).isEqualTo(serves);
	}

}
