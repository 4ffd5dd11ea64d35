package io.github.pgdispatch.schema;

import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import org.springframework.beans.factory.InitializingBean;

/**
 * Looks, when the application starts, whether there is a schema {@code pgdispatch} that
 * this library works with and that the application's role and others may use. Writes
 * nothing.
 *
 * @see SchemaInitializer
 */
public final class SchemaValidator implements InitializingBean {

	private final DataSource dataSource;

	private final List<String> grantedTo;

	/**
	 * Creates a validator.
	 * @param dataSource of the application's role
	 * @param grantedTo further roles that have to have the privileges to use the schema
	 */
	public SchemaValidator(DataSource dataSource, Collection<String> grantedTo) {
		this.dataSource = dataSource;
		this.grantedTo = List.copyOf(grantedTo);
	}

	/**
	 * Looks at the schema.
	 * @throws io.github.pgdispatch.PgDispatchConfigurationException if something is
	 * missing; it says what to do
	 */
	@Override
	public void afterPropertiesSet() {
		SchemaCheck check = new SchemaCheck(SchemaScripts.ofThisLibrary().newestVersion());
		SchemaDatabase.use(this.dataSource, (database) -> check.requireSatisfied(database.inspect(this.grantedTo)));
	}

}
