package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.Assert;

/**
 * Refuses beans with methods annotated with {@link AfterCommitDispatch} in an application
 * that has no {@link AfterCommitDispatchPostProcessor}. A call of such a method would run
 * its body at once, and dispatch nothing.
 */
public final class UndispatchedMethodsCheck implements BeanPostProcessor, BeanFactoryAware, SmartInitializingSingleton {

	/**
	 * The property that turns the check off.
	 */
	public static final String PROPERTY = "pgdispatch.check-annotations";

	private @Nullable ConfigurableListableBeanFactory beanFactory;

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		Assert.isInstanceOf(ConfigurableListableBeanFactory.class, beanFactory);
		this.beanFactory = (ConfigurableListableBeanFactory) beanFactory;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		Class<?> type = AopUtils.getTargetClass(bean);
		if (AnnotationUtils.isCandidateClass(type, AfterCommitDispatch.class)) {
			AnnotatedMethods.of(type).methods().stream().findFirst().ifPresent(this::refuse);
		}
		return bean;
	}

	/**
	 * Checks the beans that have not been created yet, as the error of a lazy bean would
	 * come too late. An existing singleton was checked when it was created, or is a mock
	 * in a test.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		ConfigurableListableBeanFactory beanFactory = this.beanFactory;
		if (beanFactory != null) {
			new AnnotatedBeans(beanFactory).methods((beanName) -> !beanFactory.containsSingleton(beanName))
				.values()
				.forEach((methods) -> refuse(methods.iterator().next()));
		}
	}

	private void refuse(Method method) {
		throw new PgDispatchConfigurationException(
				"Nothing dispatches the calls of " + method.toGenericString()
						+ ", which is annotated with @AfterCommitDispatch, because " + reason()
						+ ". A call would run the method at once, in the transaction of its caller.",
				"Let the application have a DataSource and PgDispatchAutoConfiguration. In the test of a slice, annotate"
						+ " the test class with @AutoConfigurePgDispatch, or mock the bean. If the calls are to run the"
						+ " method at once, set " + PROPERTY + "=false.");
	}

	private String reason() {
		return (this.beanFactory != null
				&& this.beanFactory.getBeanNamesForType(DataSource.class, true, false).length == 0)
						? "the application has no DataSource, without which pg-dispatch has no beans"
						: "PgDispatchAutoConfiguration is excluded or not part of the application";
	}

}
