package io.github.pgdispatch.annotation;

import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Nodes of an application on a database that has the schema, and what is in its queue.
 */
final class HandlerNodes {

	private final TestDatabase database;

	private final JdbcClient jdbc;

	HandlerNodes(TestDatabase database) {
		this.database = database;
		this.jdbc = database.jdbc("app");
	}

	ApplicationContextRunner node() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
					JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class,
					PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.url(), "spring.datasource.username=app",
					"spring.datasource.hikari.maximum-pool-size=4", "pgdispatch.schema.mode=jdbc",
					"pgdispatch.driver=application", "pgdispatch.transaction=supports",
					"pgdispatch.retry.max-attempts=1");
	}

	JdbcClient jdbc() {
		return this.jdbc;
	}

	void dispatch(String handler, String arguments) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?, ?::json)")
			.param(handler)
			.param(arguments)
			.query()
			.singleRow();
	}

	boolean is(String condition) {
		return this.jdbc.sql("SELECT " + condition).query(Boolean.class).single();
	}

	boolean isIdle() {
		return is("NOT EXISTS (SELECT FROM pgdispatch.handler_job)");
	}

}
