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
 * Finds the beans that have annotated methods by their definitions, and creates no bean.
 */
final class AnnotatedBeans {

	private final ConfigurableListableBeanFactory beanFactory;

	AnnotatedBeans(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Finds the annotated methods.
	 * @return the annotated methods of each class that has a bean
	 */
	Map<Class<?>, Set<Method>> methods() {
		return methods((beanName) -> true);
	}

	/**
	 * Finds the annotated methods of some beans.
	 * @param beans selects beans by their names
	 * @return the annotated methods of each class that has such a bean
	 */
	Map<Class<?>, Set<Method>> methods(Predicate<String> beans) {
		Map<Class<?>, Set<Method>> all = new LinkedHashMap<>();
		for (String beanName : this.beanFactory.getBeanNamesForType(Object.class, true, false)) {
			Class<?> targetClass = beans.test(beanName) ? targetClass(beanName) : null;
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
			// A class that the methods refer to is missing, so that the bean is never
			// created.
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
			// The class of the bean is missing, so that it is never created.
			return null;
		}
	}

	/**
	 * Finds the bean of a class.
	 * @param targetClass the class of the bean
	 * @return the name of the only bean or of the primary bean
	 */
	String nameOf(Class<?> targetClass) {
		List<String> exact = names((type) -> type == targetClass);
		// The definition of a prototype may declare only an interface.
		List<String> names = !exact.isEmpty() ? exact
				: names((type) -> type.isAssignableFrom(targetClass) && !methods(type).isEmpty());
		List<String> primary = names.stream().filter(this::isPrimary).toList();
		Assert.isTrue(!names.isEmpty(), () -> "There is no bean of " + targetClass);
		Assert.isTrue(names.size() == 1 || primary.size() == 1,
				() -> "The beans " + names + " could all run a job of this method. Make one of them @Primary");
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
