package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Schema;
import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.schema.SchemaValidator;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.io.ResourceLoader;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the schema {@code pgdispatch}.
 * The schema is installed before any other bean uses the database. With
 * {@code pgdispatch.schema.mode=validate}, it is checked after all other beans have
 * initialized the database.
 */
@AutoConfiguration(after = DataSourceAutoConfiguration.class)
@ConditionalOnBean(DataSource.class)
@Import({ DatabaseInitializationDependencyConfigurer.class, SelectedDataSource.class, DatabaseBeans.class })
@ImportRuntimeHints(PgDispatchSchemaRuntimeHints.class)
public final class PgDispatchSchemaAutoConfiguration {

	@Bean
	@ForEachDatabase
	@Conditional({ OnNoTenants.class, OnInstalledSchema.class })
	@ConditionalOnMissingBean
	SchemaInitializer pgDispatchSchemaInitializer(SelectedDataSource dataSource, ResourceLoader resourceLoader) {
		Schema schema = dataSource.properties().schema();
		return (schema.mode() == Schema.Mode.JDBC) ? SchemaInitializer.jdbc(dataSource.get(), schema.grantTo())
				: SchemaInitializer.liquibase(dataSource.get(), schema.grantTo(), resourceLoader);
	}

	@Bean
	@ForEachDatabase
	@Conditional({ OnNoTenants.class, OnValidatedSchema.class })
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	SchemaValidator pgDispatchSchemaValidator(SelectedDataSource dataSource) {
		return new SchemaValidator(dataSource.get(), dataSource.properties().schema().grantTo());
	}

}
