package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The annotated methods of a class. Does not need the properties of the application, so
 * that it can be used at build time.
 *
 * @param type the class
 * @param methods the annotated methods, including inherited ones
 */
record AnnotatedMethods(Class<?> type, List<Method> methods) implements Iterable<Method> {

	static AnnotatedMethods of(Class<?> type) {
		List<Method> methods = new ArrayList<>();
		ReflectionUtils.doWithMethods(type, methods::add, (method) -> !method.isBridge()
				&& AnnotatedElementUtils.hasAnnotation(method, AfterCommitDispatch.class));
		return new AnnotatedMethods(type, methods);
	}

	@Override
	public Iterator<Method> iterator() {
		return this.methods.iterator();
	}

	/**
	 * Returns whether there is an annotated method without SQL, whose body jobs run.
	 */
	boolean haveHandler() {
		return this.methods.stream().anyMatch((method) -> !DispatchAnnotation.of(method).hasCommand());
	}

	/**
	 * Requires that Spring can intercept the calls of all methods. A call that is not
	 * intercepted would run the body and dispatch nothing.
	 * @param proxyTargetClass whether Spring proxies the class rather than its interfaces
	 * @throws PgDispatchConfigurationException if Spring cannot intercept a method
	 */
	void requireInterceptable(boolean proxyTargetClass) {
		for (Method method : this.methods) {
			String reason = obstacle(method, proxyTargetClass);
			if (reason != null) {
				throw new PgDispatchConfigurationException(
						"@AfterCommitDispatch on " + method.toGenericString() + " has no effect: " + reason + ".",
						"Annotate a method that Spring can intercept. It must not be private, static or final, and its"
								+ " class must not be final.");
			}
		}
	}

	private @Nullable String obstacle(Method method, boolean proxyTargetClass) {
		if (Modifier.isPrivate(method.getModifiers())) {
			return "it is private, so that Spring's proxy cannot intercept its calls";
		}
		if (Modifier.isStatic(method.getModifiers())) {
			return "it is static, so that Spring's proxy cannot intercept its calls";
		}
		if (!proxyTargetClass && ClassUtils.getAllInterfacesForClass(this.type).length > 0) {
			return isInInterface(method) ? null
					: "Spring proxies the interfaces of its class (spring.aop.proxy-target-class is false),"
							+ " and none of them declares it";
		}
		if (Modifier.isFinal(method.getModifiers())) {
			return "it is final, so that Spring's proxy cannot override it";
		}
		if (Modifier.isFinal(this.type.getModifiers())) {
			return "its class is final, so that Spring's proxy cannot extend it";
		}
		return null;
	}

	private boolean isInInterface(Method method) {
		return ClassUtils.getAllInterfacesForClassAsSet(this.type)
			.stream()
			.anyMatch((contract) -> ClassUtils.hasMethod(contract, method));
	}

}
