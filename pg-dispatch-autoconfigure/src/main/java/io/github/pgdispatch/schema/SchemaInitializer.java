package io.github.pgdispatch.schema;

import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.log.OneLineLog;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.core.io.ResourceLoader;

/**
 * Installs or upgrades the schema {@code pgdispatch} when the application starts, and
 * grants it to roles.
 *
 * <p>
 * A library works with every schema of the major version for which it was built, unless
 * the schema is older than that version. An older schema is upgraded. The start fails,
 * and nothing is changed, if the schema has a newer major version, if it belongs to an
 * extension and is too old, or if a schema of this name is not one of pg-dispatch. If the
 * schema is up to date, two queries find this out, nothing is written, and Liquibase is
 * not needed.
 *
 * <p>
 * The owner of the schema is the role that the {@code DataSource} logs in as. It needs
 * the right to create a schema, unless it already owns an empty one. Any number of nodes
 * may start at once: one of them installs, and the others wait. An initializer uses one
 * connection, with transactions of its own.
 *
 * <p>
 * Other beans that use the database wait for a bean of this type, and so do Liquibase and
 * Flyway. An application may declare such a bean itself, for instance with the
 * {@code DataSource} of a role that has more rights than the role of the application:
 *
 * <pre class="code">
 * &#64;Bean
 * SchemaInitializer schemaInitializer(&#64;Qualifier("admin") DataSource dataSource) {
 *     return SchemaInitializer.jdbc(dataSource, List.of("app"));
 * }
 * </pre>
 */
public final class SchemaInitializer implements InitializingBean {

	private static final OneLineLog logger = OneLineLog.of(SchemaInitializer.class);

	private final DataSource dataSource;

	private final List<String> grantTo;

	private final SchemaInstaller installer;

	private final SchemaCheck check;

	private SchemaInitializer(DataSource dataSource, Collection<String> grantTo, SchemaInstaller installer,
			SchemaVersion needed) {
		this.dataSource = dataSource;
		this.grantTo = List.copyOf(grantTo);
		this.installer = installer;
		this.check = new SchemaCheck(needed);
	}

	/**
	 * Creates an initializer that installs with Liquibase, which records its changes in
	 * the schema {@code pgdispatch} itself. Liquibase holds a lock of its session, so a
	 * connection pooler in transaction mode must not be in between.
	 * @param dataSource the {@code DataSource} of the role that is to own the schema
	 * @param grantTo the roles that are to use the schema in addition to its owner
	 * @param resourceLoader the loader with which Liquibase finds the changelog
	 * @return a new initializer
	 */
	public static SchemaInitializer liquibase(DataSource dataSource, Collection<String> grantTo,
			ResourceLoader resourceLoader) {
		return liquibase(dataSource, grantTo, resourceLoader, SchemaScripts.ofThisLibrary());
	}

	static SchemaInitializer liquibase(DataSource dataSource, Collection<String> grantTo, ResourceLoader resourceLoader,
			SchemaScripts scripts) {
		return new SchemaInitializer(dataSource, grantTo, new LiquibaseSchemaInstaller(scripts, resourceLoader),
				scripts.newestVersion());
	}

	/**
	 * Creates an initializer that installs with JDBC alone, in one transaction.
	 * @param dataSource the {@code DataSource} of the role that is to own the schema
	 * @param grantTo the roles that are to use the schema in addition to its owner
	 * @return a new initializer
	 */
	public static SchemaInitializer jdbc(DataSource dataSource, Collection<String> grantTo) {
		return jdbc(dataSource, grantTo, SchemaScripts.ofThisLibrary());
	}

	static SchemaInitializer jdbc(DataSource dataSource, Collection<String> grantTo, SchemaScripts scripts) {
		return new SchemaInitializer(dataSource, grantTo, new JdbcSchemaInstaller(scripts), scripts.newestVersion());
	}

	/**
	 * Installs, upgrades and grants the schema, as far as this is necessary.
	 * @throws io.github.pgdispatch.PgDispatchConfigurationException if this is not
	 * possible. The exception says what to do
	 */
	@Override
	public void afterPropertiesSet() {
		SchemaDatabase.use(this.dataSource, (database) -> {
			SchemaState state = database.inspect(this.grantTo);
			if (!this.check.isSatisfied(state)) {
				this.check.requireChangeable(state);
				this.installer.underLock(database, () -> change(database));
			}
			else if (this.check.isNewer(state)) {
				logger.info("The schema pgdispatch is of version " + state.version() + ", newer than needed");
			}
		});
	}

	private void change(SchemaDatabase database) {
		SchemaState state = database.inspect(this.grantTo);
		this.check.requireChangeable(state);
		if (!this.check.isInstalled(state)) {
			this.installer.install(database, state.exists(), state.version());
			state = database.inspect(this.grantTo);
			logger.info("Installed the schema pgdispatch " + state.version() + " in the database " + state.database());
		}
		if (!state.rolesLackingPrivileges().isEmpty()) {
			database.grantTo(state.rolesLackingPrivileges());
			logger.info("Granted the schema pgdispatch to " + String.join(", ", state.rolesLackingPrivileges()));
			state = database.inspect(this.grantTo);
		}
		this.check.requireSatisfied(state);
	}

}
