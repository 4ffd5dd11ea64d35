package io.github.pgdispatch.autoconfigure;

import java.util.Set;

import io.github.pgdispatch.schema.SchemaInitializer;

import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/**
 * Makes all beans that use the database wait for the schema. This includes the migrations
 * of the application, which may refer to the schema.
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
