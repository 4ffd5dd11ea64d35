package io.github.pgdispatch.test;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What becomes of tests where there is no browser.
 */
class BrowserTests {

	@Test
	void withoutABrowserTestsAreSkipped() {
		assertThatExceptionOfType(TestAbortedException.class).isThrownBy(() -> Browser.none(Map.of()))
			.withMessageContaining("CHROME_BIN");
	}

	@Test
	void withoutABrowserTestsFailInContinuousIntegration() {
		assertThatIllegalStateException().isThrownBy(() -> Browser.none(Map.of("CI", "true")))
			.withMessageContaining("CHROME_BIN");
	}

}
