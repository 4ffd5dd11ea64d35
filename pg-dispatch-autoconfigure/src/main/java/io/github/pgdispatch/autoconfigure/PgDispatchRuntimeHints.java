package io.github.pgdispatch.autoconfigure;

import java.util.List;

import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;

/**
 * Registers for a native image the optional classes that pg-dispatch looks up by their
 * names, the proxies of {@link CurrentDatabase}, and the method that runs ticks of
 * schedules.
 */
final class PgDispatchRuntimeHints implements RuntimeHintsRegistrar {

	private static final List<String> OPTIONAL = List.of("org.slf4j.MDC",
			"org.springframework.orm.jpa.JpaTransactionManager", "tools.jackson.databind.JsonNode",
			"tools.jackson.databind.json.JsonMapper");

	private static final List<Class<?>> CURRENT = List.of(PgDispatchTemplate.class, PgDispatchOperations.class,
			JobResults.class);

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		CURRENT.forEach((type) -> hints.proxies().registerJdkProxy(AopProxyUtils.completeJdkProxyInterfaces(type)));
		BindableRuntimeHintsRegistrar.forTypes(DatabaseProperties.class).registerHints(hints);
		OPTIONAL.forEach((name) -> hints.reflection().registerTypeIfPresent(classLoader, name));
		hints.reflection()
			.registerType(TypeReference.of("io.github.pgdispatch.driver.ScheduleTick"),
					MemberCategory.INVOKE_DECLARED_METHODS);
	}

}
