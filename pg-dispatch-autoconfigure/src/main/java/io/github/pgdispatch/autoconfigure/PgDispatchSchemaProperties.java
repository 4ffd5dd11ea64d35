package io.github.pgdispatch.autoconfigure;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the schema gets into the database.
 *
 * @param mode How the schema 'pgdispatch' gets into the database when the application
 * starts
 * @param grantTo Roles that may dispatch and run jobs beside the owner of the schema
 */
@ConfigurationProperties("pgdispatch.schema")
record PgDispatchSchemaProperties(@DefaultValue("liquibase") Mode mode, @DefaultValue List<String> grantTo) {

	enum Mode {

		/**
		 * Liquibase installs and upgrades it.
		 */
		LIQUIBASE,

		/**
		 * The same scripts are run by JDBC, without Liquibase.
		 */
		JDBC,

		/**
		 * Others install it, and the application does not start without it.
		 */
		VALIDATE,

		/**
		 * Others install it.
		 */
		NONE

	}

}
