package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.endpoint.CsrfHeaders;
import io.github.pgdispatch.endpoint.PgDispatchEndpoint;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.context.request.RequestContextHolder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PgDispatchEndpointAutoConfiguration}.
 */
@PostgresTest
class PgDispatchEndpointAutoConfigurationTests {

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.application = TestApplication.of(database)
			.withConfiguration(
					AutoConfigurations.of(TransactionAutoConfiguration.class, EndpointAutoConfiguration.class,
							PgDispatchAutoConfiguration.class, PgDispatchEndpointAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.worker.enabled=false");
	}

	private ApplicationContextRunner exposed() {
		return this.application.withPropertyValues("management.endpoints.web.exposure.include=pgdispatch");
	}

	@Test
	void endpointIsThereIfItIsExposed() {
		this.application.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PgDispatchEndpoint.class));
		exposed().run((context) -> assertThat(context).hasNotFailed().hasSingleBean(PgDispatchEndpoint.class));
		exposed().withPropertyValues("management.endpoint.pgdispatch.access=NONE")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PgDispatchEndpoint.class));
	}

	@Test
	void applicationWithoutActuatorStarts() {
		exposed().withClassLoader(new FilteredClassLoader(ConditionalOnAvailableEndpoint.class, WebEndpoint.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PgDispatchEndpoint.class));
	}

	@Test
	void endpointNeedsNeitherSpringSecurityNorAWebStackNorJackson() {
		exposed()
			.withClassLoader(new FilteredClassLoader(CsrfToken.class, RequestContextHolder.class, JsonMapper.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(PgDispatchEndpoint.class)
				.doesNotHaveBean(CsrfHeaders.class));
	}

	@Test
	void nativeImageHasWhatAnswersAreMadeOf() {
		RuntimeHints hints = new RuntimeHints();
		Class<? extends RuntimeHintsRegistrar>[] registrars = AnnotationUtils
			.getAnnotation(PgDispatchEndpoint.class, ImportRuntimeHints.class)
			.value();
		BeanUtils.instantiateClass(registrars[0]).registerHints(hints, getClass().getClassLoader());
		assertThat(RuntimeHintsPredicates.reflection().onType(DeadLetter.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(PgDispatchStatus.Jobs.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.resource().forResource("io/github/pgdispatch/endpoint/ui/only-in-tests.js"))
			.accepts(hints);
	}

}
