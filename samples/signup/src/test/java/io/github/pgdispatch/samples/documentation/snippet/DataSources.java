package io.github.pgdispatch.samples.documentation.snippet;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.autoconfigure.PgDispatchDataSource;
import io.github.pgdispatch.autoconfigure.PgDispatchWorkerDataSource;
import io.github.pgdispatch.schema.SchemaInitializer;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DataSources {

	@Bean
	@PgDispatchDataSource
	DataSource orders(@Qualifier("ordersProperties") DataSourceProperties properties) {
		return properties.initializeDataSourceBuilder().build();
	}

	@Bean
	@PgDispatchDataSource
	DataSource customers(@Qualifier("customersProperties") DataSourceProperties properties) {
		return properties.initializeDataSourceBuilder().build();
	}

	@Bean(defaultCandidate = false)
	@PgDispatchWorkerDataSource
	DataSource workersDataSource(@Qualifier("workersDataSourceProperties") DataSourceProperties properties) {
		return properties.initializeDataSourceBuilder().build();
	}

	@Bean
	SchemaInitializer schemaInitializer(@Qualifier("admin") DataSource dataSource) {
		return SchemaInitializer.jdbc(dataSource, List.of("app"));
	}

	static class Reports {

		private final PgDispatchTemplate orders;

		private final PgDispatchOperations customers;

		Reports(@Qualifier("orders") PgDispatchTemplate orders,
				@Qualifier("customers") PgDispatchOperations customers) {
			this.orders = orders;
			this.customers = customers;
		}

		PgDispatchStatus customers() {
			this.orders.fire("SELECT 1");
			return this.customers.status();
		}

	}

}
