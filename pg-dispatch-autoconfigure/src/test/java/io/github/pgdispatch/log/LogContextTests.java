package io.github.pgdispatch.log;

import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import org.springframework.boot.test.context.FilteredClassLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LogContext}.
 */
class LogContextTests {

	@AfterEach
	void clear() {
		MDC.clear();
	}

	@Test
	void restoresWhatWasThereBefore() {
		MDC.put("outer", "1");
		MDC.put("other", "2");
		LogContext context = LogContext.create(getClass().getClassLoader());
		try (LogContext.Scope scope = context.add(Map.of("outer", "3", "inner", "4"))) {
			assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("outer", "3", "other", "2", "inner", "4"));
			MDC.clear();
		}
		assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("outer", "1"));
	}

	@Test
	void hasNoEffectWithoutSlf4j() {
		LogContext context = LogContext.create(new FilteredClassLoader("org.slf4j"));
		assertThat(context).isNotInstanceOf(MdcLogContext.class);
		try (LogContext.Scope scope = context.add(Map.of("inner", "4"))) {
			assertThat(MDC.get("inner")).isNull();
		}
	}

}
