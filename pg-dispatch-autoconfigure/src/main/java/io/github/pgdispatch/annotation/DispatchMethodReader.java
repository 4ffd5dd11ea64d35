package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Reads annotated methods. The suppliers are used by the first call of a method. Those of
 * handlers, invocations and mapper are not used if Jackson is missing.
 *
 * @param beanFactory resolves placeholders, and beans in expressions
 * @param template the template that dispatches
 * @param results the source of the results of jobs
 * @param handlers the handlers of the application
 * @param invocations the invocations of the handlers
 * @param mapper the mapper of the values of jobs
 */
record DispatchMethodReader(ConfigurableBeanFactory beanFactory, Supplier<PgDispatchTemplate> template,
		Supplier<JobResults> results, Supplier<HandlerMethods> handlers, Supplier<HandlerInvocations> invocations,
		Supplier<LosslessMapper> mapper) {

	private static final String JACKSON = "tools.jackson.databind.json.JsonMapper";

	/**
	 * Reads a method.
	 * @param method the method of the target class
	 * @param targetClass the class of the bean
	 * @return the method
	 * @throws PgDispatchConfigurationException if the method cannot dispatch jobs
	 */
	DispatchMethod read(Method method, Class<?> targetClass) {
		DispatchAnnotation annotated = DispatchAnnotation.of(method);
		requireJackson(annotated);
		try {
			ResultHandle result = ResultHandle.of(ReturnType.of(method, targetClass, annotated.hasCommand()),
					this.results, this.mapper);
			AttributeReader reader = new AttributeReader(annotated.method(), this.beanFactory);
			if (annotated.hasCommand()) {
				return CommandMethod.of(annotated.method(), annotated.annotation(), reader, this.template, result,
						SingletonSupplier.of(() -> annotated.name(() -> beanName(targetClass))));
			}
			return new HandlerMethod(method, targetClass,
					HandlerMethod.readAttributes(method, targetClass, annotated.annotation(), reader), this.handlers,
					this.invocations, this.template, result);
		}
		catch (IllegalArgumentException ex) {
			throw annotated.refused(ex);
		}
	}

	/**
	 * Returns the name of the bean of a class or, if several beans have the class, the
	 * name that Spring gives to a bean of the class by default.
	 */
	private String beanName(Class<?> targetClass) {
		try {
			return new AnnotatedBeans((ConfigurableListableBeanFactory) this.beanFactory).nameOf(targetClass);
		}
		catch (IllegalArgumentException | ClassCastException ex) {
			return ClassUtils.getShortNameAsProperty(targetClass);
		}
	}

	private void requireJackson(DispatchAnnotation annotated) {
		if (!annotated.hasCommand() && !ClassUtils.isPresent(JACKSON, this.beanFactory.getBeanClassLoader())) {
			throw new PgDispatchConfigurationException("@AfterCommitDispatch on " + annotated.method().toGenericString()
					+ " needs Jackson: it has no SQL, and the arguments of the method are stored as JSON, but Jackson 3 is not on"
					+ " the class path.", "Add spring-boot-starter-jackson, or give the annotation SQL to run.");
		}
	}

}
