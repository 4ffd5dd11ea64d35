package io.github.pgdispatch.schema;

import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import org.springframework.core.io.DefaultResourceLoader;
import io.github.pgdispatch.test.NextVersion;

/**
 * The ways of installing that tests compare.
 */
enum Installation {

	LIQUIBASE {

		@Override
		SchemaInitializer with(DataSource dataSource, Collection<String> grantTo, SchemaScripts scripts) {
			return SchemaInitializer.liquibase(dataSource, grantTo, new DefaultResourceLoader(), scripts);
		}

	},

	JDBC {

		@Override
		SchemaInitializer with(DataSource dataSource, Collection<String> grantTo, SchemaScripts scripts) {
			return SchemaInitializer.jdbc(dataSource, grantTo, scripts);
		}

	};

	abstract SchemaInitializer with(DataSource dataSource, Collection<String> grantTo, SchemaScripts scripts);

	void run(DataSource dataSource, String... grantTo) {
		with(dataSource, List.of(grantTo), SchemaScripts.ofThisLibrary()).afterPropertiesSet();
	}

	void run(DataSource dataSource, NextVersion version) {
		with(dataSource, List.of(), SchemaScripts.of(version.loader(), version.changelog())).afterPropertiesSet();
	}

}
