package io.github.pgdispatch;

import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that nothing but a trace becomes a comment of SQL, as a header may have any text.
 */
class TraceCommentTests {

	@ParameterizedTest
	@ValueSource(strings = { "", "*/ DROP TABLE profile; /*", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
			"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
			"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n" })
	void otherHeaderIsLeftOut(String header) {
		assertThat(TraceComment.addTo("SELECT 1", Map.of("traceparent", header))).isEqualTo("SELECT 1");
	}

}
