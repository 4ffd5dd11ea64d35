package io.github.pgdispatch.autoconfigure;

import java.util.Arrays;
import java.util.Set;

import io.github.pgdispatch.schema.SchemaInitializer;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.sql.init.dependency.DatabaseInitializerDetector;
import org.springframework.core.Ordered;

/**
 * Removes a cycle of initializers. With
 * {@code spring.jpa.defer-datasource-initialization}, all initializers wait for JPA, and
 * JPA waits for the schema. This detector detects nothing. It is called last and removes
 * the dependencies of the schema on other initializers.
 */
final class SchemaBeforeOtherInitializers implements DatabaseInitializerDetector {

	@Override
	public Set<String> detect(ConfigurableListableBeanFactory beanFactory) {
		return Set.of();
	}

	@Override
	public void detectionComplete(ConfigurableListableBeanFactory beanFactory, Set<String> initializers) {
		for (String name : beanFactory.getBeanNamesForType(SchemaInitializer.class, true, false)) {
			BeanDefinition schema = beanFactory.getBeanDefinition(name);
			String[] dependsOn = schema.getDependsOn();
			if (dependsOn != null) {
				schema.setDependsOn(Arrays.stream(dependsOn)
					.filter((dependency) -> !initializers.contains(dependency))
					.toArray(String[]::new));
			}
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
