package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.stream.Stream;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.core.GenericTypeResolver;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;

/**
 * Registers what is used by reflection for an annotated method.
 */
final class MethodHints {

	private final RuntimeHints hints;

	MethodHints(RuntimeHints hints) {
		this.hints = hints;
	}

	/**
	 * Registers a method.
	 * @param method the method
	 * @param targetClass the class of the bean
	 */
	void register(Method method, Class<?> targetClass) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		registerAnnotations(annotated.method());
		// This includes the methods of a type, but does not allow to call them.
		this.hints.reflection().registerType(targetClass);
		this.hints.reflection().registerType(method.getDeclaringClass());
		this.hints.reflection().registerType(annotated.method().getDeclaringClass());
		Type[] types = parameterTypes(annotated.method(), targetClass);
		if (annotated.hasCommand()) {
			new BindingReflectionHintsRegistrar().registerReflectionHints(this.hints.reflection(), types);
		}
		else {
			registerCalls(method, targetClass);
			new JsonHints(this.hints).register(types);
		}
		Type value = ReturnType.of(method, targetClass, annotated.hasCommand()).value();
		if (value != null) {
			new JsonHints(this.hints).register(value);
		}
	}

	/**
	 * Registers the annotation, and annotations that are annotated with it.
	 */
	private void registerAnnotations(Method method) {
		this.hints.proxies().registerJdkProxy(AfterCommitDispatch.class);
		MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY)
			.stream(AfterCommitDispatch.class)
			.flatMap((annotation) -> annotation.getMetaTypes().stream())
			.forEach((type) -> this.hints.reflection().registerType(type, MemberCategory.INVOKE_DECLARED_METHODS));
	}

	/**
	 * Registers the method for calls through the bean, which may be a proxy of its
	 * interfaces.
	 */
	private void registerCalls(Method method, Class<?> targetClass) {
		this.hints.reflection().registerMethod(method, ExecutableMode.INVOKE);
		for (Class<?> contract : ClassUtils.getAllInterfacesForClassAsSet(targetClass)) {
			Method declared = ClassUtils.getMethodIfAvailable(contract, method.getName(), method.getParameterTypes());
			if (declared != null) {
				this.hints.reflection().registerMethod(declared, ExecutableMode.INVOKE);
			}
		}
	}

	private static Type[] parameterTypes(Method method, Class<?> targetClass) {
		return Stream.of(method.getGenericParameterTypes())
			.map((type) -> GenericTypeResolver.resolveType(type, targetClass))
			.filter((type) -> type != DispatchContext.class)
			.toArray(Type[]::new);
	}

}
