package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.annotation.AfterCommitDispatchPostProcessor;
import io.github.pgdispatch.annotation.UndispatchedMethodsCheck;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Adds an {@link UndispatchedMethodsCheck} to applications and tests in which the
 * auto-configuration is not active. This is not a task of the auto-configuration itself,
 * which may be excluded, and is not a part of most test slices.
 */
final class UndispatchedMethodsInitializer implements ApplicationContextInitializer<ConfigurableApplicationContext> {

	private static final String CHECK = "pgDispatchUndispatchedMethodsCheck";

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		context.addBeanFactoryPostProcessor((beanFactory) -> {
			if (context.getEnvironment().getProperty(UndispatchedMethodsCheck.PROPERTY, Boolean.class, true)) {
				addCheck(beanFactory);
			}
		});
	}

	/**
	 * Called when all bean definitions are known.
	 */
	private static void addCheck(ConfigurableListableBeanFactory beanFactory) {
		if (beanFactory instanceof BeanDefinitionRegistry registry && !registry.containsBeanDefinition(CHECK)
				&& beanFactory.getBeanNamesForType(AfterCommitDispatchPostProcessor.class, true, false).length == 0) {
			registry.registerBeanDefinition(CHECK, new RootBeanDefinition(UndispatchedMethodsCheck.class));
		}
	}

}
