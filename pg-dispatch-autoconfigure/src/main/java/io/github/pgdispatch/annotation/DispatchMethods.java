package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodClassKey;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The annotated methods. Refuses those of which Spring could not intercept a call, which
 * would run their body and dispatch nothing. Thread-safe.
 */
final class DispatchMethods {

	private static final String JACKSON = "tools.jackson.databind.json.JsonMapper";

	private final ConfigurableBeanFactory beanFactory;

	private final Supplier<PgDispatchTemplate> template;

	private final Supplier<HandlerMethods> handlers;

	private final Supplier<JobResults> results;

	private final Map<MethodClassKey, DispatchMethod> methods = new ConcurrentHashMap<>();

	DispatchMethods(ConfigurableBeanFactory beanFactory, Supplier<PgDispatchTemplate> template,
			Supplier<HandlerMethods> handlers, Supplier<JobResults> results) {
		this.beanFactory = beanFactory;
		this.template = template;
		this.handlers = handlers;
		this.results = results;
	}

	DispatchMethod get(Method method, Class<?> targetClass) {
		return this.methods.computeIfAbsent(new MethodClassKey(method, targetClass),
				(key) -> read(method, targetClass));
	}

	private DispatchMethod read(Method method, Class<?> targetClass) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		if (!annotated.hasCommand() && !ClassUtils.isPresent(JACKSON, this.beanFactory.getBeanClassLoader())) {
			throw new PgDispatchConfigurationException("@AfterCommitDispatch on " + annotated.method().toGenericString()
					+ " needs Jackson: it has no SQL, and the arguments for its body are kept as JSON, but Jackson 3 is not on"
					+ " the class path.", "Add spring-boot-starter-jackson, or give the annotation SQL to run.");
		}
		try {
			ResultHandle promise = new ResultHandle(ReturnType.of(method, targetClass, annotated.hasCommand()),
					this.results, () -> this.handlers.get().mapper());
			AttributeReader reader = new AttributeReader(annotated.method(), this.beanFactory);
			return annotated.hasCommand()
					? CommandMethod.of(annotated.method(), annotated.annotation(), reader, this.template, promise)
					: HandlerMethod.of(method, targetClass, annotated.annotation(), reader, this.handlers,
							this.template, promise);
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"@AfterCommitDispatch on " + annotated.method().toGenericString() + ": " + ex.getMessage(),
					"Correct the annotation or the method.");
		}
	}

	/**
	 * Whether a class has an annotated method without SQL, whose body jobs run.
	 * @param type the class
	 */
	boolean hasBodies(Class<?> type) {
		AtomicBoolean found = new AtomicBoolean();
		forEach(type, (method) -> found.compareAndSet(false, !DispatchAnnotation.of(method).hasCommand()));
		return found.get();
	}

	/**
	 * Requires that Spring can intercept all annotated methods of a class. Does not need
	 * the application's properties, so that it can be asked at build time.
	 * @param type the class
	 * @param proxyTargetClass whether it is proxied itself, rather than its interfaces
	 * @throws PgDispatchConfigurationException if one of them cannot dispatch
	 */
	void requireInterceptable(Class<?> type, boolean proxyTargetClass) {
		forEach(type, (method) -> requireInterceptable(method, type, proxyTargetClass));
	}

	/**
	 * Reads the annotations of all annotated methods of a class.
	 * @param type the class
	 * @throws PgDispatchConfigurationException if one of them makes no sense
	 */
	void requireReadable(Class<?> type) {
		forEach(type, (method) -> get(ClassUtils.getMostSpecificMethod(method, type), type));
	}

	private static void forEach(Class<?> type, ReflectionUtils.MethodCallback callback) {
		ReflectionUtils.doWithMethods(type, callback, (method) -> !method.isBridge()
				&& AnnotatedElementUtils.hasAnnotation(method, AfterCommitDispatch.class));
	}

	private static void requireInterceptable(Method method, Class<?> type, boolean proxyTargetClass) {
		String reason = obstacle(method, type, proxyTargetClass);
		if (reason != null) {
			throw new PgDispatchConfigurationException(
					"@AfterCommitDispatch on " + method.toGenericString() + " has no effect: " + reason + ".",
					"Annotate a method that Spring can intercept: not private, static or final, in a class that is not final.");
		}
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
