package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import io.github.pgdispatch.AfterCommitDispatch;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.BeansException;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.Assert;

/**
 * The beans that have annotated methods. Looks at their definitions, and creates none.
 */
final class AnnotatedBeans {

	private final ConfigurableListableBeanFactory beanFactory;

	AnnotatedBeans(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Finds the annotated methods.
	 * @return the methods of each class of which there is a bean
	 */
	Map<Class<?>, Set<Method>> methods() {
		Map<Class<?>, Set<Method>> all = new LinkedHashMap<>();
		for (String beanName : this.beanFactory.getBeanNamesForType(Object.class, true, false)) {
			Class<?> targetClass = targetClass(beanName);
			if (targetClass != null && !all.containsKey(targetClass)) {
				all.put(targetClass, methods(targetClass));
			}
		}
		all.values().removeIf(Set::isEmpty);
		return all;
	}

	private static Set<Method> methods(Class<?> targetClass) {
		if (!AnnotationUtils.isCandidateClass(targetClass, AfterCommitDispatch.class)
				|| targetClass.getName().startsWith("org.springframework.")) {
			return Set.of();
		}
		MethodIntrospector.MetadataLookup<@Nullable Boolean> annotated = (
				method) -> AnnotatedElementUtils.hasAnnotation(method, AfterCommitDispatch.class) ? Boolean.TRUE : null;
		try {
			return MethodIntrospector.selectMethods(targetClass, annotated).keySet();
		}
		catch (LinkageError ex) {
			// Of a bean that is never created, since what its methods refer to is
			// missing.
			return Set.of();
		}
	}

	private @Nullable Class<?> targetClass(String beanName) {
		if (ScopedProxyUtils.isScopedTarget(beanName)) {
			return null;
		}
		try {
			Class<?> type = AutoProxyUtils.determineTargetClass(this.beanFactory, beanName);
			return (type != null && ScopedObject.class.isAssignableFrom(type)) ? AutoProxyUtils
				.determineTargetClass(this.beanFactory, ScopedProxyUtils.getTargetBeanName(beanName)) : type;
		}
		catch (BeansException | LinkageError ex) {
			// Of a bean that is never created, since its class is missing.
			return null;
		}
	}

	/**
	 * Finds the bean of a class.
	 * @param targetClass the bean's own
	 * @return the only one, or the primary one
	 */
	String nameOf(Class<?> targetClass) {
		List<String> exact = names((type) -> type == targetClass);
		// A prototype may have told of no more than an interface.
		List<String> names = !exact.isEmpty() ? exact
				: names((type) -> type.isAssignableFrom(targetClass) && !methods(type).isEmpty());
		List<String> primary = names.stream().filter(this::isPrimary).toList();
		Assert.isTrue(!names.isEmpty(), () -> "There is no bean of " + targetClass);
		Assert.isTrue(names.size() == 1 || primary.size() == 1,
				() -> "Which of the beans " + names + " is to run a job? Make one of them @Primary");
		return (names.size() == 1) ? names.get(0) : primary.get(0);
	}

	private List<String> names(Predicate<Class<?>> condition) {
		List<String> names = new ArrayList<>();
		for (String beanName : this.beanFactory.getBeanNamesForType(Object.class, true, false)) {
			Class<?> type = targetClass(beanName);
			if (type != null && condition.test(type)) {
				names.add(beanName);
			}
		}
		return names;
	}

	private boolean isPrimary(String beanName) {
		if (!this.beanFactory.containsBeanDefinition(beanName)) {
			return false;
		}
		BeanDefinition definition = this.beanFactory.getMergedBeanDefinition(beanName);
		return definition.isPrimary();
	}

}
