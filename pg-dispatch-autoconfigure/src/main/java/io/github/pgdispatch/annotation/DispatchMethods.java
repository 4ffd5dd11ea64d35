package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.core.MethodClassKey;
import org.springframework.util.ClassUtils;

/**
 * The annotated methods of the beans, each of which is read once. Thread-safe.
 */
final class DispatchMethods {

	private final DispatchMethodReader reader;

	private final Map<MethodClassKey, DispatchMethod> methods = new ConcurrentHashMap<>();

	DispatchMethods(DispatchMethodReader reader) {
		this.reader = reader;
	}

	DispatchMethod get(Method method, Class<?> targetClass) {
		return this.methods.computeIfAbsent(new MethodClassKey(method, targetClass),
				(key) -> this.reader.read(method, targetClass));
	}

	/**
	 * Requires that the annotations of a class can be read.
	 * @param type the class
	 * @throws io.github.pgdispatch.PgDispatchConfigurationException if an annotation is
	 * not possible
	 */
	void requireReadable(Class<?> type) {
		AnnotatedMethods.of(type).forEach((method) -> get(ClassUtils.getMostSpecificMethod(method, type), type));
	}

}
