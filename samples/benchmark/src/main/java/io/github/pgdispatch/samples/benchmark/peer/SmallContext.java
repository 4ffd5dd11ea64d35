package io.github.pgdispatch.samples.benchmark.peer;

import java.util.Map;

import javax.sql.DataSource;

import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/**
 * A context for one peer, in which nothing is configured but what is registered, so that
 * the peers do not meet. What is given to it is not closed by it.
 */
final class SmallContext extends AnnotationConfigApplicationContext {

	SmallContext(DataSource dataSource, PlatformTransactionManager transactionManager) {
		getBeanFactory().registerSingleton("dataSource", dataSource);
		getBeanFactory().registerSingleton("transactionManager", transactionManager);
		getBeanFactory().registerSingleton("jdbcTemplate", new JdbcTemplate(dataSource));
	}

	/**
	 * Sets properties, which are read as Spring Boot reads them.
	 */
	SmallContext with(Map<String, Object> properties) {
		getEnvironment().setConversionService(new ApplicationConversionService());
		getEnvironment().getPropertySources().addFirst(new MapPropertySource("peer", properties));
		return this;
	}

	/**
	 * As Spring Boot would do it.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement(proxyTargetClass = true)
	static class Transactions {

	}

}
