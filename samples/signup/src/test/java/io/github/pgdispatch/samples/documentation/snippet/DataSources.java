package io.github.pgdispatch.samples.documentation.snippet;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.autoconfigure.PgDispatchDataSource;
import io.github.pgdispatch.schema.SchemaInitializer;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DataSources {

	@Bean
	@PgDispatchDataSource
	DataSource ordersDataSource(@Qualifier("ordersDataSourceProperties") DataSourceProperties properties) {
		return properties.initializeDataSourceBuilder().build();
	}

	@Bean
	SchemaInitializer schemaInitializer(@Qualifier("admin") DataSource dataSource) {
		return SchemaInitializer.jdbc(dataSource, List.of("app"));
	}

}
