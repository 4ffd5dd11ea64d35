package io.github.pgdispatch.autoconfigure;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties for the installation of the schema.
 *
 * @param mode Way in which the schema 'pgdispatch' is installed when the application
 * starts
 * @param grantTo Roles that can dispatch and run jobs in addition to the owner of the
 * schema
 */
@ConfigurationProperties("pgdispatch.schema")
record PgDispatchSchemaProperties(@DefaultValue("liquibase") Mode mode, @DefaultValue List<String> grantTo) {

	enum Mode {

		/**
		 * Liquibase installs and upgrades the schema.
		 */
		LIQUIBASE,

		/**
		 * JDBC runs the same scripts without Liquibase.
		 */
		JDBC,

		/**
		 * The schema is installed by other means. The application does not start without
		 * it.
		 */
		VALIDATE,

		/**
		 * The schema is installed by other means. The application does not check it.
		 */
		NONE

	}

}
