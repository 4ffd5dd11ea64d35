package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.AfterCommitDispatch;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Registers for a native image what the methods annotated with
 * {@link AfterCommitDispatch} need: the methods, their annotations, and the types of
 * their parameters. {@link AfterCommitDispatchPostProcessor} determines the proxies.
 */
final class AfterCommitDispatchAotProcessor implements BeanFactoryInitializationAotProcessor {

	@Override
	public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
			ConfigurableListableBeanFactory beanFactory) {
		Map<Class<?>, Set<Method>> methods = new AnnotatedBeans(beanFactory).methods();
		return methods.isEmpty() ? null : (context, code) -> {
			MethodHints hints = new MethodHints(context.getRuntimeHints());
			methods.forEach((type, ofType) -> ofType
				.forEach((method) -> hints.register(method, ClassUtils.getUserClass(type))));
		};
	}

}
