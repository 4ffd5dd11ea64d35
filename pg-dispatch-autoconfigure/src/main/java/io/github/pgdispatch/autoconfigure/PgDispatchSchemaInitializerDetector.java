package io.github.pgdispatch.autoconfigure;

import java.util.Set;

import io.github.pgdispatch.schema.SchemaInitializer;

import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/**
 * Lets everything that uses the database wait for the schema, and so do the application's
 * own migrations, which may refer to it.
 */
final class PgDispatchSchemaInitializerDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {

	private static final int BEFORE_LIQUIBASE_AND_FLYWAY = -100;

	@Override
	protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
		return Set.of(SchemaInitializer.class);
	}

	@Override
	public int getOrder() {
		return BEFORE_LIQUIBASE_AND_FLYWAY;
	}

}
