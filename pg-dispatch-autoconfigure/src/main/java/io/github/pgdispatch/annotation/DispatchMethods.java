package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The annotated methods. Refuses those of which Spring could not intercept a call, which
 * would run their body and dispatch nothing. Thread-safe.
 */
final class DispatchMethods {

	private final ConfigurableBeanFactory beanFactory;

	private final Map<Method, DispatchMethod> methods = new ConcurrentHashMap<>();

	DispatchMethods(ConfigurableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	DispatchMethod get(Method method) {
		return this.methods.computeIfAbsent(method, (key) -> DispatchMethod.of(key, this.beanFactory));
	}

	/**
	 * Checks all annotated methods of a class.
	 * @param type the class
	 * @param proxyTargetClass whether it is proxied itself, rather than its interfaces
	 * @throws PgDispatchConfigurationException if one of them cannot dispatch
	 */
	void check(Class<?> type, boolean proxyTargetClass) {
		ReflectionUtils.doWithMethods(type, (method) -> check(method, type, proxyTargetClass),
				(method) -> !method.isBridge()
						&& AnnotatedElementUtils.hasAnnotation(method, AfterCommitDispatch.class));
	}

	private void check(Method method, Class<?> type, boolean proxyTargetClass) {
		String reason = obstacle(method, type, proxyTargetClass);
		if (reason != null) {
			throw new PgDispatchConfigurationException(
					"@AfterCommitDispatch on " + method.toGenericString() + " has no effect: " + reason + ".",
					"Annotate a method that Spring can intercept: not private, static or final, in a class that is not final.");
		}
		get(ClassUtils.getMostSpecificMethod(method, type));
	}

	private static @Nullable String obstacle(Method method, Class<?> type, boolean proxyTargetClass) {
		if (Modifier.isPrivate(method.getModifiers())) {
			return "it is private, so that its calls do not pass through Spring's proxy";
		}
		if (Modifier.isStatic(method.getModifiers())) {
			return "it is static, so that its calls do not pass through Spring's proxy";
		}
		if (ClassUtils.getAllInterfacesForClassAsSet(type)
			.stream()
			.anyMatch((contract) -> ClassUtils.hasMethod(contract, method)) && !proxyTargetClass) {
			return null;
		}
		if (!proxyTargetClass && ClassUtils.getAllInterfacesForClass(type).length > 0) {
			return "Spring proxies the interfaces of its class (spring.aop.proxy-target-class is false),"
					+ " and none of them declares it";
		}
		if (Modifier.isFinal(method.getModifiers())) {
			return "it is final, so that Spring's proxy cannot override it";
		}
		if (Modifier.isFinal(type.getModifiers())) {
			return "its class is final, so that Spring's proxy cannot extend it";
		}
		return null;
	}

}
