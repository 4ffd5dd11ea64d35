package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.schema.SchemaValidator;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
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
@EnableConfigurationProperties(PgDispatchSchemaProperties.class)
@Import({ DatabaseInitializationDependencyConfigurer.class, SelectedDataSource.class, DatabaseBeans.class })
@ImportRuntimeHints(PgDispatchSchemaRuntimeHints.class)
public final class PgDispatchSchemaAutoConfiguration {

	private static final String MODE = "pgdispatch.schema.mode";

	@Bean("pgDispatchSchemaInitializer")
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@ConditionalOnMissingBean
	@ConditionalOnProperty(name = MODE, havingValue = "liquibase", matchIfMissing = true)
	SchemaInitializer pgDispatchLiquibaseSchemaInitializer(SelectedDataSource dataSource,
			PgDispatchSchemaProperties properties, ResourceLoader resourceLoader) {
		return SchemaInitializer.liquibase(dataSource.get(), properties.grantTo(), resourceLoader);
	}

	@Bean("pgDispatchSchemaInitializer")
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@ConditionalOnMissingBean
	@ConditionalOnProperty(name = MODE, havingValue = "jdbc")
	SchemaInitializer pgDispatchJdbcSchemaInitializer(SelectedDataSource dataSource,
			PgDispatchSchemaProperties properties) {
		return SchemaInitializer.jdbc(dataSource.get(), properties.grantTo());
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@ConditionalOnMissingBean
	@ConditionalOnProperty(name = MODE, havingValue = "validate")
	@DependsOnDatabaseInitialization
	SchemaValidator pgDispatchSchemaValidator(SelectedDataSource dataSource, PgDispatchSchemaProperties properties) {
		return new SchemaValidator(dataSource.get(), properties.grantTo());
	}

}
