package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * An application that uses JDBC and installs the schema.
 */
final class TestApplication {

	private TestApplication() {
	}

	static ApplicationContextRunner withoutDataSource() {
		return new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				JdbcClientAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class));
	}

	static ApplicationContextRunner of(TestDatabase database) {
		return of(database, "app");
	}

	static ApplicationContextRunner of(TestDatabase database, String role) {
		return withoutDataSource().withPropertyValues("spring.datasource.url=" + database.url(),
				"spring.datasource.username=" + role);
	}

}
