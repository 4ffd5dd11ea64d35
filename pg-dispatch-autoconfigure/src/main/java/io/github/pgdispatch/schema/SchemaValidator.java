package io.github.pgdispatch.schema;

import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import org.springframework.beans.factory.InitializingBean;

/**
 * Checks, when the application starts, that there is a schema {@code pgdispatch} with
 * which this library works, and that the role of the application and other roles may use
 * it. Writes nothing.
 *
 * @see SchemaInitializer
 */
public final class SchemaValidator implements InitializingBean {

	private final DataSource dataSource;

	private final List<String> grantedTo;

	/**
	 * Creates a validator.
	 * @param dataSource the {@code DataSource} of the application
	 * @param grantedTo further roles that need the privileges to use the schema
	 */
	public SchemaValidator(DataSource dataSource, Collection<String> grantedTo) {
		this.dataSource = dataSource;
		this.grantedTo = List.copyOf(grantedTo);
	}

	/**
	 * Checks the schema.
	 * @throws io.github.pgdispatch.PgDispatchConfigurationException if something is
	 * missing. The exception says what to do
	 */
	@Override
	public void afterPropertiesSet() {
		SchemaCheck check = new SchemaCheck(SchemaScripts.ofThisLibrary().newestVersion());
		SchemaDatabase.use(this.dataSource, (database) -> check.requireSatisfied(database.inspect(this.grantedTo)));
	}

}
