package io.github.pgdispatch.log;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OneLineLog}.
 */
@ExtendWith(OutputCaptureExtension.class)
class OneLineLogTests {

	@Test
	void nothingInAMessageForgesALine(CapturedOutput output) {
		OneLineLog log = OneLineLog.of(OneLineLogTests.class);
		for (String end : List.of("\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029", "\u000b", "\f")) {
			log.warn("Job 1 of the handler 'mail" + end + "ERROR forged'");
			log.info("The queue 'mail" + end + "ERROR forged'");
			log.error("The role mail" + end + "ERROR forged");
		}
		log.warn("Red \u001b[31m and a bell \u0007", new IllegalStateException("expected"));
		assertThat(output.getOut().split("\\R")).noneMatch((line) -> line.startsWith("ERROR forged"));
		assertThat(output).contains("Job 1 of the handler 'mail ERROR forged'")
			.contains("Red  [31m and a bell")
			.contains("IllegalStateException: expected")
			.doesNotContain("\u001b[31m", "\u0007");
	}

	@Test
	void textWithoutControlCharactersStaysAsItIs() {
		assertThat(OneLineLog.oneLine("Gr\u00fc\u00dfe \u8a9e \ud83d\udc18 'a'"))
			.isEqualTo("Gr\u00fc\u00dfe \u8a9e \ud83d\udc18 'a'");
	}

}
