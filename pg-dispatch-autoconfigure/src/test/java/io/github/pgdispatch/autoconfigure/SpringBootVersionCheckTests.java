package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.annotation.AnnotationAwareOrderComparator;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SpringBootVersionCheck}. What it is good for was tried with an
 * application on Spring Boot 3.5.16, which logs the description and the action. Without
 * the check, that application complains of beans of the same name.
 */
class SpringBootVersionCheckTests {

	@ParameterizedTest
	@ValueSource(strings = { "3.5.16", "3.0.0", "2.7.18" })
	void olderVersionIsNamed(String version) {
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> new SpringBootVersionCheck(version).initialize(new GenericApplicationContext()))
			.satisfies((ex) -> {
				assertThat(ex.getDescription()).isEqualTo(
						"pg-dispatch needs Spring Boot 4, and this application has Spring Boot " + version + ".");
				assertThat(ex.getAction()).isEqualTo("Upgrade the application to Spring Boot 4.");
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "4.0.0", "4.2.0-M1", "10.0.0" })
	void otherVersionIsAccepted(String version) {
		new SpringBootVersionCheck(version).initialize(new GenericApplicationContext());
	}

	@Test
	void comesFirst() {
		var initializers = SpringFactoriesLoader.forDefaultResourceLocation(getClass().getClassLoader())
			.load(ApplicationContextInitializer.class);
		AnnotationAwareOrderComparator.sort(initializers);
		assertThat(initializers.get(0)).isInstanceOf(SpringBootVersionCheck.class);
	}

}
